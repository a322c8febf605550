# SPDX-License-Identifier: Apache-2.0
"""boto3 and the aws CLI against `fairlead sandbox`: create, update, wait, fail, roll back. run.py BINARY"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

import boto3

import shapes
from world import PATIENCE, SERVER, World, asking, aws, completed, define, deployments, get, record, refused, service, skipped, stories, story, until


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


# Its stories are told after those above, on the same sandbox.
from fleets import DETACHED, launched, script, unreachable  # noqa: E402


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
