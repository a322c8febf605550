# SPDX-License-Identifier: Apache-2.0
"""boto3 and the aws CLI against `fairlead sandbox`: create, update, wait, fail, roll back. run.py BINARY"""
import base64
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

import boto3
import botocore.config
import botocore.exceptions

import shapes

SERVER = """
import http.server, os
print("serving " + os.environ["VERSION"], flush=True)
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = os.environ["VERSION"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
PATIENCE = 240
CREDENTIALS = {"aws_access_key_id": "123456789012", "aws_secret_access_key": "sandbox", "region_name": "us-east-1"}
stories, skipped = [], []


def story(run):
    stories.append(run)
    return run


class World:
    def __init__(self, binary, folder):
        self.process = subprocess.Popen([binary, "--json", "sandbox", "--listen", "127.0.0.1:0", "--speed", "20"],
                                        stdout=subprocess.PIPE, cwd=folder, text=True)
        self.url = json.loads(self.process.stdout.readline())["url"]
        self.folder = folder
        self.definitions = 0

    def client(self, name):
        config = botocore.config.Config(retries={"max_attempts": 2}, s3={"addressing_style": "path"})
        client = boto3.session.Session().client(name, endpoint_url=self.url, config=config, **CREDENTIALS)
        client.meta.events.register("before-parse.*.*", shapes.check)
        return client

    def control(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.url + "/_sandbox/" + path, data=data), timeout=60) as answer:
            return json.load(answer)

    def stop(self):
        self.process.terminate()
        return self.process.wait(60)


class Load:
    """Requests one after the other: what they answered, and what failed."""

    def __init__(self, url):
        self.url, self.versions, self.failed, self.over = url, set(), [], threading.Event()

    def run(self):
        while not self.over.is_set():
            try:
                self.versions.add(get(self.url))
            except OSError as error:
                self.failed.append(error)


@contextlib.contextmanager
def asking(url):
    load = Load(url)
    thread = threading.Thread(target=load.run)
    thread.start()
    try:
        yield load
    finally:
        load.over.set()
        thread.join()


def until(done, what):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = done()
        if value:
            return value
        time.sleep(0.2)
    raise AssertionError("never: " + what)


def refused(code, call, **params):
    try:
        call(**params)
    except botocore.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return error
    raise AssertionError("not refused with " + code)


def define(world, ecs, version, image="process/" + sys.executable):
    logs = {"logDriver": "awslogs", "options": {"awslogs-group": "/web", "awslogs-stream-prefix": "web", "awslogs-region": "us-east-1"}}
    container = {"name": "app", "image": f"{image}:{version}", "command": [os.path.join(world.folder, "server.py")], "memory": 64,
                 "portMappings": [{"containerPort": 8080}], "logConfiguration": logs}
    made = ecs.register_task_definition(family="web", containerDefinitions=[container], tags=[{"key": "version", "value": version}])
    return made["taskDefinition"]["taskDefinitionArn"]


def get(url):
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read().decode()


def service(ecs):
    return ecs.describe_services(cluster="web", services=["api"], include=["TAGS"])["services"][0]


def completed(ecs):
    view = service(ecs)
    return view if view["deployments"][0]["rolloutState"] == "COMPLETED" and len(view["deployments"]) == 1 else None


def deployments(ecs):
    return ecs.list_service_deployments(cluster="web", service="api")["serviceDeployments"]


def record(ecs, arn):
    return ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"][0]


@story
def create_service_behind_a_load_balancer(world):
    ecs, elb, logs = world.client("ecs"), world.client("elbv2"), world.client("logs")
    ecs.create_cluster(clusterName="web")
    logs.create_log_group(logGroupName="/web")
    group = elb.create_target_group(Name="web", Port=8080, Protocol="HTTP", TargetType="ip", HealthCheckIntervalSeconds=10,
                                    HealthyThresholdCount=2)["TargetGroups"][0]["TargetGroupArn"]
    elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "200"}])
    balancer = elb.create_load_balancer(Name="web")["LoadBalancers"][0]["LoadBalancerArn"]
    elb.create_listener(LoadBalancerArn=balancer, Port=80, Protocol="HTTP", DefaultActions=[{"Type": "forward", "TargetGroupArn": group}])
    ecs.create_service(cluster="web", serviceName="api", taskDefinition=define(world, ecs, "1"), desiredCount=2,
                       loadBalancers=[{"targetGroupArn": group, "containerName": "app", "containerPort": 8080}],
                       deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}})
    ecs.get_waiter("services_stable").wait(cluster="web", services=["api"], WaiterConfig={"Delay": 1, "MaxAttempts": PATIENCE})
    world.balancer = until(lambda: world.control("overview")["loadBalancers"][0]["url"], "the load balancer has a port")
    assert until(lambda: completed(ecs), "the first deployment completes")
    assert get(world.balancer) == "1"
    health = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert [one["TargetHealth"]["State"] for one in health] == ["healthy", "healthy"], health


@story
def update_changes_the_version_without_a_failed_request(world):
    ecs = world.client("ecs")
    with asking(world.balancer) as load:
        fresh = ecs.update_service(cluster="web", service="api", taskDefinition=define(world, ecs, "2"))["service"]["deployments"]
        assert [one["status"] for one in fresh] == ["PRIMARY", "ACTIVE"]
        until(lambda: completed(ecs), "the update completes")
    assert not load.failed, load.failed
    assert load.versions == {"1", "2"}, load.versions
    full = record(ecs, deployments(ecs)[0]["serviceDeploymentArn"])
    assert full["status"] == "SUCCESSFUL"
    revision = ecs.describe_service_revisions(serviceRevisionArns=[full["targetServiceRevision"]["arn"]])["serviceRevisions"][0]
    assert revision["taskDefinition"].endswith(":2")


@story
def logs_have_what_the_tasks_wrote(world):
    logs = world.client("logs")
    streams = logs.describe_log_streams(logGroupName="/web")["logStreams"]
    events = [logs.get_log_events(logGroupName="/web", logStreamName=one["logStreamName"])["events"] for one in streams]
    lines = [event["message"] for some in events for event in some]
    assert "serving 2" in lines, lines
    assert logs.filter_log_events(logGroupName="/web", filterPattern="serving")["events"]


@story
def missing_image_rolls_back_with_reasons(world):
    ecs = world.client("ecs")
    world.control("faults", [{"fault": "image-missing", "image": "*:bad"}])
    ecs.update_service(cluster="web", service="api", taskDefinition=define(world, ecs, "bad"))
    arn = until(lambda: next((one["serviceDeploymentArn"] for one in deployments(ecs) if one["status"] == "ROLLBACK_SUCCESSFUL"), None),
                "the rollback succeeds")
    full = record(ecs, arn)
    assert full["rollback"]["serviceRevisionArn"] and full["deploymentCircuitBreaker"]["status"] == "TRIGGERED"
    stopped = ecs.list_tasks(cluster="web", desiredStatus="STOPPED")["taskArns"]
    reasons = [task["stoppedReason"] for task in ecs.describe_tasks(cluster="web", tasks=stopped, include=["TAGS"])["tasks"]]
    assert any(reason.startswith("CannotPullContainerError") for reason in reasons), reasons
    until(lambda: completed(ecs), "the old version serves again")
    assert get(world.balancer) == "2"
    world.control("faults", [])


@story
def stop_service_deployment_rolls_back(world):
    ecs = world.client("ecs")
    ecs.update_service(cluster="web", service="api", taskDefinition=define(world, ecs, "3"))
    arn = service(ecs)["currentServiceDeployment"]
    ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")
    until(lambda: record(ecs, arn)["status"] == "ROLLBACK_SUCCESSFUL", "the rollback succeeds")
    until(lambda: completed(ecs), "the old version is stable")
    refused("ConflictException", ecs.stop_service_deployment, serviceDeploymentArn=arn)


def aws(world, *words):
    """The aws CLI's answer."""
    environment = dict(os.environ, AWS_ENDPOINT_URL=world.url, AWS_ACCESS_KEY_ID="123456789012", AWS_SECRET_ACCESS_KEY="sandbox",
                       AWS_DEFAULT_REGION="us-east-1", AWS_PAGER="")
    done = subprocess.run(["aws", *words, "--output", "json"], env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout or "{}")


@story
def the_aws_cli_waits_and_reads(world):
    if not shutil.which("aws"):
        skipped.append("the aws CLI (it is not installed)")
        return
    aws(world, "ecs", "wait", "services-stable", "--cluster", "web", "--services", "api")
    view = aws(world, "ecs", "describe-services", "--cluster", "web", "--services", "api")
    assert view["services"][0]["runningCount"] == 2


@story
def run_task_is_one_task_per_token(world):
    ecs = world.client("ecs")
    ecs.register_task_definition(family="job", containerDefinitions=[{"name": "job", "image": "process/sh",
                                                                      "command": ["-c", "echo migrated; exit 3"], "memory": 32}])
    params = {"cluster": "web", "taskDefinition": "job", "clientToken": "token-1", "startedBy": "run-1"}
    arns = {ecs.run_task(**params)["tasks"][0]["taskArn"] for _ in range(2)}
    assert len(arns) == 1
    refused("ConflictException", ecs.run_task, **dict(params, startedBy="run-2"))
    ecs.get_waiter("tasks_stopped").wait(cluster="web", tasks=list(arns), WaiterConfig={"Delay": 1, "MaxAttempts": PATIENCE})
    task = ecs.describe_tasks(cluster="web", tasks=list(arns))["tasks"][0]
    assert task["containers"][0]["exitCode"] == 3 and task["stopCode"] == "EssentialContainerExited", task
    effects = [one for one in world.control("ledger")["entries"] if one["key"] == "token-1"]
    assert [one["repeated"] for one in effects] == [False, True]


@story
def registry_keeps_images(world):
    ecr = world.client("ecr")
    ecr.create_repository(repositoryName="shop")
    manifest = json.dumps({"schemaVersion": 2, "annotations": {"dev.fairlead.process": "true"}})
    digest = ecr.put_image(repositoryName="shop", imageManifest=manifest, imageTag="1")["image"]["imageId"]["imageDigest"]
    assert ecr.describe_images(repositoryName="shop", imageIds=[{"imageTag": "1"}])["imageDetails"][0]["imageDigest"] == digest
    found = ecr.batch_get_image(repositoryName="shop", imageIds=[{"imageTag": "1"}, {"imageTag": "none"}])
    assert len(found["images"]) == 1 and found["failures"][0]["failureCode"] == "ImageNotFound"
    ecr.describe_repositories()
    ecr.list_images(repositoryName="shop")
    ecr.get_authorization_token()
    assert get(world.url + "/v2/shop/manifests/1") == manifest
    refused("RepositoryNotFoundException", ecr.describe_images, repositoryName="none")


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


@story
def small_services_keep_what_they_are_given(world):
    ssm, secrets, events, schedules = world.client("ssm"), world.client("secretsmanager"), world.client("events"), world.client("scheduler")
    ssm.put_parameter(Name="/shop/key", Value="v", Type="SecureString")
    answer = ssm.get_parameters(Names=["/shop/key", "/none"], WithDecryption=True)
    assert answer["Parameters"][0]["Value"] == "v" and answer["InvalidParameters"] == ["/none"]
    secrets.create_secret(Name="db", SecretString='{"password": "p"}')
    assert "password" in secrets.get_secret_value(SecretId="db")["SecretString"]
    events.put_rule(Name="nightly", ScheduleExpression="rate(1 day)")
    target = {"Id": "1", "Arn": "arn:aws:ecs:us-east-1:123456789012:cluster/web", "RoleArn": "arn:aws:iam::123456789012:role/events",
              "EcsParameters": {"TaskDefinitionArn": "arn:aws:ecs:us-east-1:123456789012:task-definition/job:1", "TaskCount": 1}}
    assert events.put_targets(Rule="nightly", Targets=[target])["FailedEntryCount"] == 0
    assert events.list_targets_by_rule(Rule="nightly")["Targets"] == [target]
    assert events.describe_rule(Name="nightly")["State"] == "ENABLED"
    schedules.create_schedule(Name="weekly", ScheduleExpression="cron(0 3 ? * MON *)", ScheduleExpressionTimezone="Asia/Tokyo",
                              FlexibleTimeWindow={"Mode": "OFF"}, Target={"Arn": target["Arn"], "RoleArn": target["RoleArn"]})
    assert schedules.get_schedule(Name="weekly")["ScheduleExpressionTimezone"] == "Asia/Tokyo"
    assert len(schedules.list_schedules()["Schedules"]) == 1
    alarms = world.client("cloudwatch")
    alarms.put_metric_alarm(AlarmName="errors", MetricName="5xx", Namespace="AWS/ApplicationELB", Statistic="Sum", Period=60,
                            EvaluationPeriods=1, Threshold=1.0, ComparisonOperator="GreaterThanThreshold")
    alarms.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="test")
    assert alarms.describe_alarms(AlarmNames=["errors"])["MetricAlarms"][0]["StateValue"] == "ALARM"


@story
def objects_are_kept_with_conditions(world):
    s3 = world.client("s3")
    s3.create_bucket(Bucket="assets")
    s3.put_object(Bucket="assets", Key="a/b c.txt", Body=b"\x00hello", ContentType="text/plain", Metadata={"sha": "1"})
    found = s3.get_object(Bucket="assets", Key="a/b c.txt")
    assert found["Body"].read() == b"\x00hello" and found["Metadata"] == {"sha": "1"}
    refused("PreconditionFailed", s3.put_object, Bucket="assets", Key="a/b c.txt", Body=b"x", IfNoneMatch="*")
    assert [one["Key"] for one in s3.list_objects_v2(Bucket="assets", Prefix="a/")["Contents"]] == ["a/b c.txt"]
    refused("NoSuchKey", s3.get_object, Bucket="assets", Key="none")


@story
def roles_change_the_account(world):
    sts = world.client("sts")
    assert sts.get_caller_identity()["Account"] == "123456789012"
    made = sts.assume_role(RoleArn="arn:aws:iam::222222222222:role/deploy", RoleSessionName="run-1")["Credentials"]
    other = boto3.client("sts", endpoint_url=world.url, region_name="us-east-1", aws_access_key_id=made["AccessKeyId"],
                         aws_secret_access_key=made["SecretAccessKey"], aws_session_token=made["SessionToken"])
    assert other.get_caller_identity()["Arn"] == "arn:aws:sts::222222222222:assumed-role/deploy/run-1"


@story
def requests_without_a_signature_are_refused(world):
    def ask(headers):
        request = urllib.request.Request(world.url, data=b"{}",
                                         headers=dict({"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.ListClusters",
                                                       "Content-Type": "application/x-amz-json-1.1"}, **headers))
        try:
            urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)["__type"]
        raise AssertionError("accepted")

    assert ask({}) == (400, "MissingAuthenticationTokenException")
    assert ask({"Authorization": "AWS4-HMAC-SHA256 Credential=x"}) == (400, "IncompleteSignatureException")


@story
def lost_replies_and_throttles_reach_the_caller(world):
    ecs = world.client("ecs")
    world.control("faults", [{"fault": "reply-lost", "operation": "TagResource", "count": 1},
                             {"fault": "throttle", "operation": "ListClusters", "count": 1}])
    arn = service(ecs)["serviceArn"]
    ecs.tag_resource(resourceArn=arn, tags=[{"key": "team", "value": "shop"}])
    assert ecs.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "team", "value": "shop"}]
    ecs.list_clusters()
    calls = world.control("ledger")["calls"]
    assert calls["ecs.TagResource"]["lost"] == 1 and calls["ecs.ListClusters"]["throttled"] == 1
    world.control("faults", [])


@story
def images_are_pushed_and_pulled(world):
    if not shutil.which("podman"):
        skipped.append("pushing an image (podman is not installed)")
        return
    host = world.url.removeprefix("http://")
    settings = os.path.join(world.folder, "containers.conf")
    with open(settings, "w") as file:
        file.write('[engine]\nruntime="runc"\ncgroup_manager="cgroupfs"\nevents_logger="file"\n')
    storage = ["--root", os.path.join(world.folder, "images"), "--runroot", os.path.join(world.folder, "run"), "--storage-driver", "vfs"]
    environment = dict(os.environ, CONTAINERS_CONF=settings)
    podman = lambda *words, **more: subprocess.run(["podman", *storage, *words], env=environment, capture_output=True, text=True,
                                                   timeout=PATIENCE, **more)
    with open(os.path.join(world.folder, "layer.tar"), "wb") as file:
        file.write(b"\0" * 10240)
    if podman("import", os.path.join(world.folder, "layer.tar"), f"{host}/pushed:1").returncode != 0:
        skipped.append("pushing an image (podman does not work here)")
        return
    pushed = podman("push", "--tls-verify=false", f"{host}/pushed:1")
    assert pushed.returncode == 0, pushed.stderr
    detail = world.client("ecr").describe_images(repositoryName="pushed", imageIds=[{"imageTag": "1"}])["imageDetails"][0]
    podman("rmi", "--all", "--force", check=True)
    pulled = podman("pull", "--tls-verify=false", f"{host}/pushed@{detail['imageDigest']}")
    assert pulled.returncode == 0, pulled.stderr


@story
def it_ends_with_its_tasks_and_what_instances_run(world):
    (one, address), = launched(world, 1).items()
    script(world, [one], DETACHED)
    until(lambda: not unreachable(f"http://{address}:20080/"), "it serves")
    ports = [port for task in world.control("overview")["tasks"] if task["status"] == "RUNNING" for port in task["ports"].values()]
    assert ports
    assert world.stop() == 0
    assert unreachable(f"http://{address}:20080/"), "a service still listens"
    for port in ports:
        assert unreachable(f"http://127.0.0.1:{port}"), f"a task still listens on {port}"


def main():
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="fairlead-sandbox-") as folder:
        with open(os.path.join(folder, "server.py"), "w") as file:
            file.write(SERVER)
        world = World(sys.argv[1], folder)
        try:
            for run in stories:
                shapes.problems.clear()
                name = run.__name__.replace("_", " ")
                try:
                    run(world)
                    assert not shapes.problems, "not as botocore's model has it:\n    " + "\n    ".join(sorted(set(shapes.problems)))
                    passed += 1
                    print("ok    " + name, flush=True)
                except Exception as error:
                    failed += 1
                    print(f"FAIL  {name}: {type(error).__name__}: {error}", flush=True)
        finally:
            if world.process.poll() is None:
                world.process.kill()
                world.process.wait()
    if shapes.checked == 0:
        failed += 1
        print("FAIL  no answer was checked against a model")
    print(f"{passed} passed, {failed} failed" + (f", {len(skipped)} skipped: {', '.join(skipped)}" if skipped else ""))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
