# SPDX-License-Identifier: Apache-2.0
"""Stories of instances, Auto Scaling groups, launch templates and instance refreshes."""
import base64
import os
import shutil
import sys

from world import PATIENCE, World, asking, aws, get, refused, skipped, story, until


def script(world, ids, *lines):
    """Runs it on instances; the answers by instance."""
    ssm = world.client("ssm")
    command = ssm.send_command(InstanceIds=ids, DocumentName="AWS-RunShellScript", Parameters={"commands": list(lines)})["Command"]["CommandId"]
    until(lambda: ssm.list_commands(CommandId=command)["Commands"][0]["Status"] != "InProgress", "the script ends")
    answers = [ssm.get_command_invocation(CommandId=command, InstanceId=one) for one in ids]
    assert all(one["Status"] == "Success" for one in answers), answers
    return answers


def launched(world, count):
    ec2 = world.client("ec2")
    ids = [one["InstanceId"] for one in ec2.run_instances(ImageId="ami-1", MinCount=count, MaxCount=count)["Instances"]]
    ec2.get_waiter("instance_running").wait(InstanceIds=ids, WaiterConfig={"Delay": 1, "MaxAttempts": PATIENCE})
    found = [one for reservation in ec2.describe_instances(InstanceIds=ids)["Reservations"] for one in reservation["Instances"]]
    return {one["InstanceId"]: one["PrivateIpAddress"] for one in found}


def in_service(world, group, count):
    found = world.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"][0]["Instances"]
    ids = [one["InstanceId"] for one in found if one["LifecycleState"] == "InService"]
    return ids if len(ids) == count else None


def unreachable(url):
    try:
        get(url)
    except OSError:
        return True
    return False


DETACHED = "setsid python3 -m http.server --bind $INSTANCE_ADDRESS 20080 >/dev/null 2>&1 </dev/null & echo $! >pid"


@story
def scripts_run_on_instances(world):
    ec2, ssm, groups = world.client("ec2"), world.client("ssm"), world.client("autoscaling")
    groups.create_auto_scaling_group(AutoScalingGroupName="fleet", MinSize=1, MaxSize=3, DesiredCapacity=2)
    ids = until(lambda: in_service(world, "fleet", 2), "two members are in service")
    filters = [{"Name": "tag:aws:autoscaling:groupName", "Values": ["fleet"]}]
    assert len([one for reservation in ec2.describe_instances(Filters=filters)["Reservations"] for one in reservation["Instances"]]) == 2
    assert len(ssm.describe_instance_information()["InstanceInformationList"]) == 2
    command = ssm.send_command(InstanceIds=ids, DocumentName="AWS-RunShellScript", Comment="key-1",
                               Parameters={"commands": ["echo on $INSTANCE_ID"]})["Command"]["CommandId"]
    until(lambda: ssm.list_commands(CommandId=command)["Commands"][0]["Status"] == "Success", "the script ends")
    one = ssm.get_command_invocation(CommandId=command, InstanceId=ids[0])
    assert one["StandardOutputContent"] == f"on {ids[0]}\n" and one["ResponseCode"] == 0
    assert len(ssm.list_command_invocations(CommandId=command, Details=True)["CommandInvocations"]) == 2


@story
def instances_listen_on_the_same_port_and_end_with_all_that_runs_on_them(world):
    ec2, elb = world.client("ec2"), world.client("elbv2")
    hosts = launched(world, 2)
    first, second = hosts
    answers = script(world, list(hosts), 'echo "$INSTANCE_ADDRESS"', DETACHED)
    assert [one["StandardOutputContent"].strip() for one in answers] == list(hosts.values())
    urls = {one: f"http://{address}:20080/" for one, address in hosts.items()}
    for one, url in urls.items():
        assert until(lambda: not unreachable(url), f"{one} serves") and "pid" in get(url)
    group = elb.create_target_group(Name="machines", Port=20080, Protocol="HTTP", HealthCheckIntervalSeconds=10,
                                    HealthyThresholdCount=2)["TargetGroups"][0]["TargetGroupArn"]
    balancer = elb.create_load_balancer(Name="machines")["LoadBalancers"][0]["LoadBalancerArn"]
    elb.create_listener(LoadBalancerArn=balancer, Port=80, Protocol="HTTP", DefaultActions=[{"Type": "forward", "TargetGroupArn": group}])
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": one} for one in hosts])
    elb.get_waiter("target_in_service").wait(TargetGroupArn=group, Targets=[{"Id": one} for one in hosts], WaiterConfig={"Delay": 1})
    entry = until(lambda: next((one["url"] for one in world.control("overview")["loadBalancers"] if one["name"] == "machines"), None), "a port")
    assert "pid" in get(entry)
    ec2.terminate_instances(InstanceIds=[first])
    ec2.get_waiter("instance_terminated").wait(InstanceIds=[first], WaiterConfig={"Delay": 1, "MaxAttempts": PATIENCE})
    until(lambda: unreachable(urls[first]), "its service ends")
    assert "pid" in get(urls[second])


@story
def a_killed_sandbox_leaves_nothing_behind(world):
    other = World(sys.argv[1], world.folder)
    try:
        (one, address), = launched(other, 1).items()
        assert address not in launched(world, 1).values(), "two sandboxes share an address"
        script(other, [one], DETACHED)
        until(lambda: not unreachable(f"http://{address}:20080/"), "it serves")
    finally:
        other.process.kill()
        other.process.wait()
    until(lambda: unreachable(f"http://{address}:20080/"), "its service ends")


FLEET = f"""#!{sys.executable}
import http.server, os, subprocess, sys
if len(sys.argv) == 1:
    subprocess.Popen([sys.executable, sys.argv[0], "serve"], start_new_session=True)
    print("started")
    sys.exit()
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = b"VERSION"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
http.server.ThreadingHTTPServer((os.environ["INSTANCE_ADDRESS"], 8080), Handler).serve_forever()
"""


def template_data(version):
    """A server that answers with its version, as user data."""
    user_data = base64.b64encode(FLEET.replace("VERSION", version).encode()).decode()
    return {"ImageId": "ami-" + version, "InstanceType": "t3.micro", "UserData": user_data,
            "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "app", "Value": "shop"}]}]}


def all_healthy(world, count):
    found = world.client("elbv2").describe_target_health(TargetGroupArn=world.fleet_group)["TargetHealthDescriptions"]
    return len(found) == count and all(one["TargetHealth"]["State"] == "healthy" for one in found)


@story
def a_group_behind_a_load_balancer_serves_what_its_user_data_starts(world):
    ec2, elb, groups = world.client("ec2"), world.client("elbv2"), world.client("autoscaling")
    made = ec2.create_launch_template(LaunchTemplateName="shop", LaunchTemplateData=template_data("one"), VersionDescription="first")
    world.template = made["LaunchTemplate"]["LaunchTemplateId"]
    world.fleet_group = elb.create_target_group(Name="shop", Port=8080, Protocol="HTTP", VpcId="vpc-1", HealthCheckIntervalSeconds=10,
                                                HealthyThresholdCount=2)["TargetGroups"][0]["TargetGroupArn"]
    elb.modify_target_group_attributes(TargetGroupArn=world.fleet_group,
                                       Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "60"}])
    balancer = elb.create_load_balancer(Name="shop")["LoadBalancers"][0]["LoadBalancerArn"]
    elb.create_listener(LoadBalancerArn=balancer, Port=80, Protocol="HTTP",
                        DefaultActions=[{"Type": "forward", "TargetGroupArn": world.fleet_group}])
    groups.create_auto_scaling_group(AutoScalingGroupName="shop", MinSize=2, MaxSize=8, DesiredCapacity=4,
                                     AvailabilityZones=["us-east-1a", "us-east-1c"], TargetGroupARNs=[world.fleet_group],
                                     HealthCheckType="ELB", HealthCheckGracePeriod=300,
                                     LaunchTemplate={"LaunchTemplateId": world.template, "Version": "1"},
                                     Tags=[{"Key": "team", "Value": "web", "PropagateAtLaunch": True}])
    until(lambda: in_service(world, "shop", 4), "four members are in service")
    until(lambda: all_healthy(world, 4), "four targets are healthy")
    world.fleet = until(lambda: next((one["url"] for one in world.control("overview")["loadBalancers"] if one["name"] == "shop"), None), "a port")
    assert get(world.fleet) == "one"
    group = groups.describe_auto_scaling_groups(AutoScalingGroupNames=["shop"])["AutoScalingGroups"][0]
    assert group["LaunchTemplate"] == {"LaunchTemplateId": world.template, "LaunchTemplateName": "shop", "Version": "1"}
    zones = sorted(one["AvailabilityZone"] for one in group["Instances"])
    assert zones == ["us-east-1a", "us-east-1a", "us-east-1c", "us-east-1c"], zones
    activities = groups.describe_scaling_activities(AutoScalingGroupName="shop")["Activities"]
    assert [one["StatusCode"] for one in activities] == ["Successful"] * 4
    assert len(groups.describe_auto_scaling_instances()["AutoScalingInstances"]) >= 4
    assert groups.describe_load_balancer_target_groups(AutoScalingGroupName="shop")["LoadBalancerTargetGroups"][0]["State"] == "InService"
    assert groups.describe_traffic_sources(AutoScalingGroupName="shop")["TrafficSources"][0]["Identifier"] == world.fleet_group
    with open(os.path.join(world.folder, "instances", group["Instances"][0]["InstanceId"], ".commands", "user-data.out")) as file:
        assert file.read() == "started\n"


@story
def a_terminated_member_is_drained_and_replaced(world):
    groups = world.client("autoscaling")
    gone = in_service(world, "shop", 4)[0]
    activity = groups.terminate_instance_in_auto_scaling_group(InstanceId=gone, ShouldDecrementDesiredCapacity=False)["Activity"]
    assert activity["StatusCode"] == "WaitingForELBConnectionDraining", activity
    until(lambda: gone not in (in_service(world, "shop", 4) or [gone]), "it is replaced")
    until(lambda: all_healthy(world, 4), "four targets are healthy")
    groups.enter_standby(AutoScalingGroupName="shop", InstanceIds=in_service(world, "shop", 4)[:1], ShouldDecrementDesiredCapacity=True)
    standby = [one["InstanceId"] for one in groups.describe_auto_scaling_instances()["AutoScalingInstances"] if one["LifecycleState"] == "Standby"]
    groups.exit_standby(AutoScalingGroupName="shop", InstanceIds=standby)
    until(lambda: all_healthy(world, 4), "four targets are healthy")


@story
def launch_templates_have_versions(world):
    ec2 = world.client("ec2")
    token = {"LaunchTemplateId": world.template, "SourceVersion": "1", "ClientToken": "token-1"}
    data = template_data("two")
    numbers = {ec2.create_launch_template_version(LaunchTemplateData={key: data[key] for key in ("ImageId", "UserData")}, **token)
               ["LaunchTemplateVersion"]["VersionNumber"] for _ in range(2)}
    assert numbers == {2}
    latest = ec2.describe_launch_template_versions(LaunchTemplateId=world.template, Versions=["$Latest"])["LaunchTemplateVersions"][0]
    assert latest["LaunchTemplateData"] == data, latest
    assert ec2.modify_launch_template(LaunchTemplateName="shop", DefaultVersion="2")["LaunchTemplate"]["DefaultVersionNumber"] == 2
    assert ec2.describe_launch_templates(LaunchTemplateNames=["shop"])["LaunchTemplates"][0]["LatestVersionNumber"] == 2
    assert len(ec2.describe_launch_template_versions(LaunchTemplateName="shop")["LaunchTemplateVersions"]) == 2
    refused("InvalidLaunchTemplateId.NotFound", ec2.describe_launch_templates, LaunchTemplateIds=["lt-0"])
    assert ec2.describe_images(ImageIds=["ami-two"])["Images"][0]["State"] == "available"


def refreshed(world, refresh):
    found = world.client("autoscaling").describe_instance_refreshes(AutoScalingGroupName="shop", InstanceRefreshIds=[refresh])
    return found["InstanceRefreshes"][0]


def desired(world, version):
    return {"LaunchTemplate": {"LaunchTemplateId": world.template, "Version": version}}


LAUNCH_FIRST = {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 150, "InstanceWarmup": 0}


@story
def an_instance_refresh_changes_the_version_without_a_failed_request(world):
    groups = world.client("autoscaling")
    with asking(world.fleet) as load:
        refresh = groups.start_instance_refresh(AutoScalingGroupName="shop", DesiredConfiguration=desired(world, "2"),
                                                Preferences=dict(LAUNCH_FIRST, CheckpointPercentages=[50, 100], CheckpointDelay=20))
        refresh = refresh["InstanceRefreshId"]
        refused("InstanceRefreshInProgress", groups.start_instance_refresh, AutoScalingGroupName="shop")
        until(lambda: refreshed(world, refresh)["Status"] == "Successful", "the refresh succeeds")
    assert not load.failed, load.failed
    assert load.versions == {"one", "two"}, load.versions
    assert get(world.fleet) == "two"
    view = refreshed(world, refresh)
    assert view["PercentageComplete"] == 100 and view["DesiredConfiguration"]["LaunchTemplate"]["Version"] == "2", view
    group = groups.describe_auto_scaling_groups(AutoScalingGroupNames=["shop"])["AutoScalingGroups"][0]
    assert group["LaunchTemplate"]["Version"] == "2"
    assert [one["LaunchTemplate"]["Version"] for one in group["Instances"]] == ["2"] * 4
    refused("ActiveInstanceRefreshNotFound", groups.cancel_instance_refresh, AutoScalingGroupName="shop")


@story
def a_bad_version_is_rolled_back_without_a_failed_request(world):
    ec2, groups = world.client("ec2"), world.client("autoscaling")
    world.control("faults", [{"fault": "failing-health", "image": "ami-three"}])
    ec2.create_launch_template_version(LaunchTemplateId=world.template, LaunchTemplateData=template_data("three"))
    with asking(world.fleet) as load:
        refresh = groups.start_instance_refresh(AutoScalingGroupName="shop", DesiredConfiguration=desired(world, "3"),
                                                Preferences=dict(LAUNCH_FIRST, AutoRollback=True))["InstanceRefreshId"]
        until(lambda: "is unavailable" in refreshed(world, refresh).get("StatusReason", ""), "it waits for health")
        groups.rollback_instance_refresh(AutoScalingGroupName="shop")
        until(lambda: refreshed(world, refresh)["Status"] == "RollbackSuccessful", "the rollback succeeds")
    assert not load.failed, load.failed
    assert load.versions == {"two"}, load.versions
    assert refreshed(world, refresh)["RollbackDetails"]["PercentageCompleteOnRollback"] == 0
    world.control("faults", [])


@story
def the_aws_cli_cancels_a_refresh(world):
    if not shutil.which("aws"):
        skipped.append("the aws CLI (it is not installed)")
        return
    words = ("--auto-scaling-group-name", "shop")
    started = aws(world, "autoscaling", "start-instance-refresh", *words, "--preferences", '{"SkipMatching": false}')
    cancelled = aws(world, "autoscaling", "cancel-instance-refresh", *words)
    assert cancelled == started, cancelled
    one = lambda: aws(world, "autoscaling", "describe-instance-refreshes", *words)["InstanceRefreshes"][0]
    until(lambda: one()["Status"] == "Cancelled", "it is cancelled")


@story
def a_launch_that_fails_is_told(world):
    groups = world.client("autoscaling")
    world.control("faults", [{"fault": "launch-fails", "image": "ami-one"}])
    groups.create_auto_scaling_group(AutoScalingGroupName="broken", MinSize=0, MaxSize=1, DesiredCapacity=1,
                                     LaunchTemplate={"LaunchTemplateId": world.template, "Version": "1"})
    failed = groups.describe_scaling_activities(AutoScalingGroupName="broken")["Activities"][0]
    assert failed["StatusCode"] == "Failed" and failed["StatusMessage"].startswith("The image id '[ami-one]' does not exist"), failed
    refused("InvalidAMIID.NotFound", world.client("ec2").describe_images, ImageIds=["ami-one"])
    world.control("faults", [])
    groups.delete_auto_scaling_group(AutoScalingGroupName="broken", ForceDelete=True)
