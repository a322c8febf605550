# SPDX-License-Identifier: Apache-2.0
"""Every operation of our table that moto has, called over HTTP through the AWS_CALL program."""
import importlib
import inspect
import json
import os
import time

import botocore.config
import botocore.session
from botocore import xform_name

REGION = "us-east-1"
MOTO = {"elasticloadbalancing": "elbv2", "application-autoscaling": "applicationautoscaling"}
NAMED_OTHERWISE = {"s3:CreateBucket"}  # moto's method has another name
ROLE = "arn:aws:iam::123456789012:role/app"
TRUST = '{"Version":"2012-10-17","Statement":[]}'


def in_moto(full_name):
    from moto.core.responses import BaseResponse
    service, name = full_name.split(":")
    module = importlib.import_module(f"moto.{MOTO.get(service, service)}.responses")
    classes = [c for _, c in inspect.getmembers(module, inspect.isclass) if issubclass(c, BaseResponse) and c is not BaseResponse]
    if full_name in NAMED_OTHERWISE:
        return True
    methods = [getattr(c, xform_name(name)) for c in classes if hasattr(c, xform_name(name))]
    # Some are named there and answer that they are not implemented.
    return any("NotImplementedError" not in inspect.getsource(method) for method in methods)


class Calls:
    def __init__(self, driver, tally):
        self.driver, self.tally, self.called = driver, tally, set()

    def __call__(self, operation, expect=None, scope=None, **params):
        """The answer; `expect(answer)` says what must hold. With `expect` a text: that error code."""
        out = self.driver.ask(do="call", operation=operation, params=params, scope=scope or {})
        self.called.add(operation)
        if isinstance(expect, str):
            code = out.get("error", {}).get("code")
            self.tally.check(f"{operation} on moto refuses with {expect}", [] if code == expect else f"answered {out}")
            return out
        problem = out.get("error", {}).get("message", "")
        if not problem and expect and not expect(out["answer"]):
            problem = f"unexpected answer {out['answer']}"
        self.tally.check(f"{operation} on moto", problem)
        return out.get("answer", {})


def ecs(call, client, instance):
    call("ecs:CreateCluster", clusterName="web")
    call("ecs:ListClusters", lambda a: len(a["clusterArns"]) == 1)
    call("ecs:DescribeClusters", lambda a: a["clusters"][0]["clusterName"] == "web", clusters=["web"])
    container = {"name": "app", "image": "shop:v1", "memory": 64, "essential": True}
    definition = call("ecs:RegisterTaskDefinition", lambda a: a["taskDefinition"]["revision"] == 1, family="api", containerDefinitions=[container],
                      tags=[{"key": "run", "value": "1"}])["taskDefinition"]["taskDefinitionArn"]
    call("ecs:DescribeTaskDefinition", lambda a: a["tags"] == [{"key": "run", "value": "1"}], taskDefinition="api", include=["TAGS"])
    call("ecs:ListTaskDefinitions", lambda a: a["taskDefinitionArns"] == [definition], familyPrefix="api")
    call("ecs:ListTaskDefinitionFamilies", lambda a: a["families"] == ["api"])
    service = call("ecs:CreateService", cluster="web", serviceName="api", taskDefinition="api", desiredCount=1)["service"]["serviceArn"]
    call("ecs:ListServices", lambda a: a["serviceArns"] == [service], cluster="web")
    call("ecs:UpdateService", lambda a: a["service"]["desiredCount"] == 2, cluster="web", service="api", desiredCount=2)
    call("ecs:DescribeServices", lambda a: a["services"][0]["desiredCount"] == 2 and a["failures"][0]["reason"] == "MISSING",
         cluster="web", services=["api", "other"])
    call("ecs:DescribeServices", "ClusterNotFoundException", cluster="nowhere", services=["api"])
    call("ecs:UpdateService", "ServiceNotFoundException", cluster="web", service="other")
    call("ecs:TagResource", resourceArn=service, tags=[{"key": "a", "value": "b"}])
    call("ecs:ListTagsForResource", lambda a: a["tags"] == [{"key": "a", "value": "b"}], resourceArn=service)
    call("ecs:UntagResource", resourceArn=service, tagKeys=["a"])
    call("ecs:DescribeCapacityProviders", capacityProviders=["FARGATE"])
    client("ecs").register_container_instance(cluster="web", instanceIdentityDocument=json.dumps({"instanceId": instance}))
    hosts = call("ecs:ListContainerInstances", lambda a: len(a["containerInstanceArns"]) == 1, cluster="web")["containerInstanceArns"]
    call("ecs:DescribeContainerInstances", lambda a: a["containerInstances"][0]["ec2InstanceId"] == instance, cluster="web", containerInstances=hosts)
    call("ecs:ListTasks", lambda a: isinstance(a["taskArns"], list), cluster="web")


def ecs_tasks(call, subnet):
    run = call("ecs:RunTask", lambda a: len(a["tasks"]) == 1, cluster="web", taskDefinition="api", launchType="FARGATE",
               networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet]}})
    task = run["tasks"][0]["taskArn"]
    call("ecs:DescribeTasks", lambda a: a["tasks"][0]["taskArn"] == task, cluster="web", tasks=[task])
    call("ecs:StopTask", lambda a: a["task"]["stoppedReason"] == "enough", cluster="web", task=task, reason="enough")
    call("ecs:DeleteService", cluster="web", service="api", force=True)
    call("ecs:DeregisterTaskDefinition", lambda a: a["taskDefinition"]["status"] == "INACTIVE", taskDefinition="api:1")
    call("ecs:DeleteCluster", cluster="web")


def ecr(call):
    call("ecr:CreateRepository", lambda a: a["repository"]["repositoryName"] == "team/shop", repositoryName="team/shop")
    call("ecr:CreateRepository", "RepositoryAlreadyExistsException", repositoryName="team/shop")
    call("ecr:DescribeRepositories", lambda a: len(a["repositories"]) == 1)
    call("ecr:GetAuthorizationToken", lambda a: a["authorizationData"][0]["authorizationToken"])
    manifest = '{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"digest":"sha256:' + "a" * 64 + '"}}'
    call("ecr:PutImage", repositoryName="team/shop", imageManifest=manifest, imageTag="v1")
    call("ecr:DescribeImages", lambda a: a["imageDetails"][0]["imageTags"] == ["v1"], repositoryName="team/shop", imageIds=[{"imageTag": "v1"}])
    call("ecr:DescribeImages", "ImageNotFoundException", repositoryName="team/shop", imageIds=[{"imageTag": "v2"}])
    call("ecr:BatchGetImage", lambda a: a["images"][0]["imageManifest"] == manifest, repositoryName="team/shop", imageIds=[{"imageTag": "v1"}])
    call("ecr:ListImages", lambda a: len(a["imageIds"]) == 1, repositoryName="team/shop")
    call("ecr:PutLifecyclePolicy", repositoryName="team/shop", lifecyclePolicyText='{"rules":[{"rulePriority":1,"selection":{"tagStatus":'
         '"untagged","countType":"imageCountMoreThan","countNumber":5},"action":{"type":"expire"}}]}')
    call("ecr:DescribeImageScanFindings", "ScanNotFoundException", repositoryName="team/shop", imageId={"imageTag": "v1"})
    call("ecr:BatchDeleteImage", repositoryName="team/shop", imageIds=[{"imageTag": "v1"}])
    call("ecr:DeleteRepository", repositoryName="team/shop", force=True)


def load_balancing(call, client, subnets, vpc, instance):
    elb = client("elbv2")
    prefix = "elasticloadbalancing:"
    balancer = call(prefix + "CreateLoadBalancer", Name="web", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    group = call(prefix + "CreateTargetGroup", lambda a: a["TargetGroups"][0]["Port"] == 80, Name="api", Protocol="HTTP", Port=80,
                 VpcId=vpc)["TargetGroups"][0]["TargetGroupArn"]
    action = [{"Type": "forward", "TargetGroupArn": group}]
    listener = call(prefix + "CreateListener", LoadBalancerArn=balancer, Protocol="HTTP", Port=80,
                    DefaultActions=action)["Listeners"][0]["ListenerArn"]
    condition = [{"Field": "path-pattern", "Values": ["/a"]}]
    rule = elb.create_rule(ListenerArn=listener, Priority=5, Conditions=condition, Actions=action)["Rules"][0]["RuleArn"]
    call(prefix + "RegisterTargets", TargetGroupArn=group, Targets=[{"Id": instance, "Port": 8080}])
    call(prefix + "DescribeTargetHealth", lambda a: a["TargetHealthDescriptions"][0]["Target"] == {"Id": instance, "Port": 8080}, TargetGroupArn=group)
    call(prefix + "DescribeTargetHealth", "TargetGroupNotFound", TargetGroupArn=group + "x")
    call(prefix + "DescribeTargetGroups", lambda a: a["TargetGroups"][0]["Port"] == 80 and balancer in a["TargetGroups"][0]["LoadBalancerArns"],
         TargetGroupArns=[group])
    call(prefix + "DescribeTargetGroupAttributes", lambda a: any(x["Key"] == "deregistration_delay.timeout_seconds" for x in a["Attributes"]),
         TargetGroupArn=group)
    call(prefix + "ModifyTargetGroupAttributes", TargetGroupArn=group, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "5"}])
    call(prefix + "DescribeLoadBalancers", lambda a: a["LoadBalancers"][0]["LoadBalancerName"] == "web")
    call(prefix + "DescribeListeners", lambda a: a["Listeners"][0]["DefaultActions"][0]["Type"] == "forward", LoadBalancerArn=balancer)
    call(prefix + "DescribeRules", lambda a: any(x["Priority"] == "5" and x["IsDefault"] is False for x in a["Rules"]), ListenerArn=listener)
    call(prefix + "DescribeTags", lambda a: a["TagDescriptions"][0]["Tags"] == [], ResourceArns=[group])
    weights = {"TargetGroups": [{"TargetGroupArn": group, "Weight": 100}]}
    call(prefix + "ModifyRule", lambda a: a["Rules"][0]["Conditions"][0]["Values"] == ["/b"], RuleArn=rule,
         Conditions=[{"Field": "path-pattern", "Values": ["/b"]}])
    call(prefix + "ModifyListener", lambda a: a["Listeners"][0]["Port"] == 80, ListenerArn=listener,
         DefaultActions=[{"Type": "forward", "ForwardConfig": weights}])
    call(prefix + "DeregisterTargets", TargetGroupArn=group, Targets=[{"Id": instance}])


def ec2(call, vpc, subnets, instance):
    call("ec2:DescribeInstances", lambda a: a["Reservations"][0]["Instances"][0]["InstanceId"] == instance,
         Filters=[{"Name": "tag:app", "Values": ["shop", "other"]}])
    call("ec2:DescribeInstances", "InvalidInstanceID.NotFound", InstanceIds=["i-0123456789abcdef0"])
    call("ec2:DescribeInstanceStatus", lambda a: a["InstanceStatuses"][0]["InstanceState"]["Name"] == "running", InstanceIds=[instance])
    call("ec2:DescribeSubnets", lambda a: {s["SubnetId"] for s in a["Subnets"]} == set(subnets), SubnetIds=subnets)
    call("ec2:DescribeSecurityGroups", lambda a: a["SecurityGroups"][0]["VpcId"] == vpc, Filters=[{"Name": "vpc-id", "Values": [vpc]}])


def launch_templates(call, client, image):
    made = client("ec2").create_launch_template(LaunchTemplateName="web", LaunchTemplateData={"ImageId": "ami-1", "InstanceType": "t3.micro"})
    template = made["LaunchTemplate"]["LaunchTemplateId"]
    call("ec2:DescribeImages", lambda a: a["Images"][0]["ImageId"] == image, ImageIds=[image])
    data = {"ImageId": image, "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "app", "Value": "shop"}]}]}
    call("ec2:CreateLaunchTemplateVersion", lambda a: a["LaunchTemplateVersion"]["VersionNumber"] == 2, LaunchTemplateId=template,
         SourceVersion="1", ClientToken="token-1", LaunchTemplateData=data)
    call("ec2:DescribeLaunchTemplates", lambda a: a["LaunchTemplates"][0]["LatestVersionNumber"] == 2, LaunchTemplateNames=["web"])
    call("ec2:DescribeLaunchTemplateVersions", lambda a: a["LaunchTemplateVersions"][0]["LaunchTemplateData"]["ImageId"] == image,
         LaunchTemplateId=template, Versions=["$Latest"])


def auto_scaling(call, client, image, subnet):
    raw = client("autoscaling")
    raw.create_launch_configuration(LaunchConfigurationName="lc", ImageId=image, InstanceType="t3.micro")
    raw.create_auto_scaling_group(AutoScalingGroupName="asg", LaunchConfigurationName="lc", MinSize=0, MaxSize=4, DesiredCapacity=2,
                                  VPCZoneIdentifier=subnet)
    group = call("autoscaling:DescribeAutoScalingGroups", lambda a: a["AutoScalingGroups"][0]["DesiredCapacity"] == 2,
                 AutoScalingGroupNames=["asg"])["AutoScalingGroups"][0]
    first, second = [i["InstanceId"] for i in group["Instances"]]
    name = {"AutoScalingGroupName": "asg"}
    call("autoscaling:DescribeAutoScalingInstances", lambda a: len(a["AutoScalingInstances"]) == 2)
    call("autoscaling:SuspendProcesses", **name, ScalingProcesses=["Launch"])
    call("autoscaling:DescribeAutoScalingGroups", lambda a: a["AutoScalingGroups"][0]["SuspendedProcesses"][0]["ProcessName"] == "Launch",
         AutoScalingGroupNames=["asg"])
    call("autoscaling:ResumeProcesses", **name)
    call("autoscaling:SetInstanceProtection", **name, InstanceIds=[first], ProtectedFromScaleIn=True)
    call("autoscaling:EnterStandby", **name, InstanceIds=[first], ShouldDecrementDesiredCapacity=True)
    call("autoscaling:ExitStandby", **name, InstanceIds=[first])
    call("autoscaling:DetachInstances", **name, InstanceIds=[second], ShouldDecrementDesiredCapacity=True)
    call("autoscaling:AttachInstances", **name, InstanceIds=[second])
    call("autoscaling:UpdateAutoScalingGroup", **name, MaxSize=5)
    call("autoscaling:DescribeScalingActivities", **name)


def watching(call):
    alarm = {"AlarmName": "5xx", "MetricName": "m", "Namespace": "n", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1.5,
             "ComparisonOperator": "GreaterThanThreshold", "Statistic": "Sum"}
    call("cloudwatch:PutMetricAlarm", **alarm)
    call("cloudwatch:SetAlarmState", AlarmName="5xx", StateValue="ALARM", StateReason="test")
    call("cloudwatch:DescribeAlarms", lambda a: a["MetricAlarms"][0]["StateValue"] == "ALARM" and a["MetricAlarms"][0]["Threshold"] == 1.5,
         AlarmNames=["5xx"])
    query = [{"Id": "a", "MetricStat": {"Metric": {"Namespace": "n", "MetricName": "m"}, "Period": 60, "Stat": "Sum"}}]
    call("cloudwatch:GetMetricData", MetricDataQueries=query, StartTime=1795143600, EndTime=1795147200)
    call("cloudwatch:DeleteAlarms", AlarmNames=["5xx"])
    call("logs:CreateLogGroup", logGroupName="/ecs/api")
    call("logs:CreateLogStream", logGroupName="/ecs/api", logStreamName="s")
    call("logs:PutRetentionPolicy", logGroupName="/ecs/api", retentionInDays=7)
    now = int(time.time() * 1000)
    call("logs:PutLogEvents", logGroupName="/ecs/api", logStreamName="s",
         logEvents=[{"timestamp": now, "message": "hello"}, {"timestamp": now, "message": "world"}])
    call("logs:GetLogEvents", lambda a: [e["message"] for e in a["events"]] == ["hello", "world"], logGroupName="/ecs/api", logStreamName="s",
         startFromHead=True)
    call("logs:GetLogEvents", "ResourceNotFoundException", logGroupName="/ecs/api", logStreamName="other")
    call("logs:FilterLogEvents", lambda a: len(a["events"]) == 2, logGroupName="/ecs/api")
    call("logs:DescribeLogGroups", lambda a: a["logGroups"][0]["retentionInDays"] == 7)
    call("logs:DescribeLogStreams", lambda a: a["logStreams"][0]["logStreamName"] == "s", logGroupName="/ecs/api")


def schedules(call):
    rule = call("events:PutRule", Name="nightly", ScheduleExpression="rate(1 hour)")["RuleArn"]
    call("events:DescribeRule", lambda a: a["State"] == "ENABLED", Name="nightly")
    call("events:DisableRule", Name="nightly")
    call("events:EnableRule", Name="nightly")
    call("events:ListRules", lambda a: len(a["Rules"]) == 1)
    target = {"Id": "t", "Arn": "arn:aws:ecs:us-east-1:123456789012:cluster/web", "RoleArn": ROLE, "EcsParameters": {"TaskDefinitionArn": "arn:x"}}
    call("events:PutTargets", lambda a: a["FailedEntryCount"] == 0, Rule="nightly", Targets=[target])
    call("events:ListTargetsByRule", lambda a: a["Targets"][0]["EcsParameters"]["TaskDefinitionArn"] == "arn:x", Rule="nightly")
    call("events:TagResource", ResourceARN=rule, Tags=[{"Key": "a", "Value": "b"}])
    call("events:ListTagsForResource", lambda a: a["Tags"] == [{"Key": "a", "Value": "b"}], ResourceARN=rule)
    call("events:RemoveTargets", lambda a: a["FailedEntryCount"] == 0, Rule="nightly", Ids=["t"])
    call("events:DeleteRule", Name="nightly")
    call("events:DescribeRule", "ResourceNotFoundException", Name="nightly")
    call("events:PutEvents", lambda a: a["FailedEntryCount"] == 0, Entries=[{"Source": "a", "DetailType": "b", "Detail": "{}"}])
    call("scheduler:CreateScheduleGroup", Name="fairlead")
    call("scheduler:GetScheduleGroup", lambda a: a["State"] == "ACTIVE", Name="fairlead")
    schedule = {"Name": "n-1_a.b", "GroupName": "fairlead", "ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": {"Mode": "OFF"},
                "Target": {"Arn": "arn:aws:ecs:us-east-1:123456789012:cluster/web", "RoleArn": ROLE}}
    call("scheduler:CreateSchedule", lambda a: a["ScheduleArn"].endswith("fairlead/n-1_a.b"), **schedule)
    call("scheduler:GetSchedule", lambda a: a["Target"]["RoleArn"] == ROLE, Name="n-1_a.b", GroupName="fairlead")
    call("scheduler:UpdateSchedule", **{**schedule, "State": "DISABLED"})
    call("scheduler:ListSchedules", lambda a: a["Schedules"][0]["State"] == "DISABLED", GroupName="fairlead")
    call("scheduler:DeleteSchedule", Name="n-1_a.b", GroupName="fairlead")
    call("scheduler:GetSchedule", "ResourceNotFoundException", Name="n-1_a.b", GroupName="fairlead")


def secrets(call, client):
    call("ssm:PutParameter", Name="/shop/db", Value="v", Type="SecureString")
    call("ssm:GetParameter", lambda a: a["Parameter"]["Value"] == "v", Name="/shop/db", WithDecryption=True)
    call("ssm:GetParameters", lambda a: a["InvalidParameters"] == ["/none"], Names=["/shop/db", "/none"])
    call("ssm:GetParametersByPath", lambda a: len(a["Parameters"]) == 1, Path="/shop")
    call("ssm:DeleteParameter", Name="/shop/db")
    call("ssm:GetParameter", "ParameterNotFound", Name="/shop/db")
    call("secretsmanager:CreateSecret", Name="db", SecretString='{"user":"u"}')
    call("secretsmanager:GetSecretValue", lambda a: a["SecretString"] == '{"user":"u"}', SecretId="db")
    call("secretsmanager:PutSecretValue", SecretId="db", SecretString="new")
    call("secretsmanager:DescribeSecret", lambda a: a["Name"] == "db", SecretId="db")
    call("secretsmanager:GetSecretValue", "ResourceNotFoundException", SecretId="none")
    call("secretsmanager:DeleteSecret", SecretId="db", ForceDeleteWithoutRecovery=True)
    key = client("kms").create_key()["KeyMetadata"]["KeyId"]
    blob = call("kms:Encrypt", KeyId=key, Plaintext="aGVsbG8=")["CiphertextBlob"]
    call("kms:Decrypt", lambda a: a["Plaintext"] == "aGVsbG8=", CiphertextBlob=blob)
    call("kms:DescribeKey", lambda a: a["KeyMetadata"]["Enabled"] is True, KeyId=key)
    call("kms:GenerateDataKey", lambda a: a["Plaintext"], KeyId=key, KeySpec="AES_256")


def commands(call, instance):
    command = call("ssm:SendCommand", InstanceIds=[instance], DocumentName="AWS-RunShellScript", Parameters={"commands": ["true"]})["Command"]
    call("ssm:ListCommands", lambda a: a["Commands"][0]["CommandId"] == command["CommandId"])
    call("ssm:GetCommandInvocation", lambda a: a["InstanceId"] == instance, CommandId=command["CommandId"], InstanceId=instance)


def storage(call):
    call("s3:CreateBucket", Bucket="site")
    call("s3:HeadBucket", Bucket="site")
    key = "a b/ü+(x)':!*~%41.txt"
    call("s3:PutObject", lambda a: a["ETag"], Bucket="site", Key=key, Body="hello", ContentType="text/plain", CacheControl="no-cache",
         Metadata={"sha256": "abc"})
    call("s3:GetObject", lambda a: (a["Body"], a["Metadata"], a["ContentType"]) == ("hello", {"sha256": "abc"}, "text/plain"), Bucket="site", Key=key)
    call("s3:HeadObject", lambda a: a["ContentLength"] == 5 and a["CacheControl"] == "no-cache", Bucket="site", Key=key)
    call("s3:ListObjectsV2", lambda a: a["Contents"][0]["Key"] == key and a["Contents"][0]["Size"] == 5, Bucket="site", Prefix="a b/")
    call("s3:DeleteObject", Bucket="site", Key=key)
    call("s3:GetObject", "NoSuchKey", Bucket="site", Key=key)
    call("s3:HeadObject", "NotFound", Bucket="site", Key=key)
    call("s3:GetObject", "NoSuchBucket", Bucket="other", Key=key)


def messages(call, client):
    topic = client("sns").create_topic(Name="t")["TopicArn"]
    call("sns:Publish", lambda a: a["MessageId"], TopicArn=topic, Message="m", MessageAttributes={"a": {"DataType": "String", "StringValue": "b"}})
    client("sqs").create_queue(QueueName="q")
    queue = call("sqs:GetQueueUrl", QueueName="q")["QueueUrl"]
    call("sqs:GetQueueUrl", "AWS.SimpleQueueService.NonExistentQueue", QueueName="other")
    call("sqs:SendMessage", QueueUrl=queue, MessageBody="b")
    message = call("sqs:ReceiveMessage", lambda a: a["Messages"][0]["Body"] == "b", QueueUrl=queue)["Messages"][0]
    call("sqs:ChangeMessageVisibility", QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=60)
    call("sqs:DeleteMessage", QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    call("sqs:GetQueueAttributes", lambda a: a["Attributes"]["ApproximateNumberOfMessages"] == "0", QueueUrl=queue, AttributeNames=["All"])


def identity(call, client, token_file):
    call("sts:GetCallerIdentity", lambda a: a["Account"] == "123456789012")
    call("sts:AssumeRole", lambda a: a["Credentials"]["Expiration"] > 0, RoleArn=ROLE, RoleSessionName="s", ExternalId="x",
         Tags=[{"Key": "a", "Value": "b"}])
    call("sts:AssumeRoleWithWebIdentity", lambda a: a["Credentials"]["SessionToken"], RoleArn=ROLE, RoleSessionName="s", WebIdentityToken=token_file)
    call("sts:GetCallerIdentity", lambda a: a["Arn"].endswith(":assumed-role/app/shop-api"), {"role": ROLE, "external_id": "x", "session_name": "shop-api"})
    client("iam").create_role(RoleName="app", AssumeRolePolicyDocument=TRUST)
    call("iam:GetRole", lambda a: a["Role"]["Arn"] == ROLE, RoleName="app")
    call("iam:GetRole", "NoSuchEntity", RoleName="other")
    target = {"ServiceNamespace": "ecs", "ResourceId": "service/web/api", "ScalableDimension": "ecs:service:DesiredCount"}
    call("application-autoscaling:RegisterScalableTarget", **target, MinCapacity=1, MaxCapacity=3)
    call("application-autoscaling:DescribeScalableTargets", lambda a: a["ScalableTargets"][0]["MaxCapacity"] == 3, ServiceNamespace="ecs")


def all_calls(call, client):
    raw = client("ec2")
    vpc = raw.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [raw.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=f"{REGION}{'ab'[i]}")["Subnet"]["SubnetId"] for i in (0, 1)]
    image = raw.describe_images()["Images"][0]["ImageId"]
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "app", "Value": "shop"}]}]
    instance = raw.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnets[0], TagSpecifications=tags)["Instances"][0]["InstanceId"]
    ecs(call, client, instance)
    identity(call, client, "e30.e30.e30")
    ecs_tasks(call, subnets[0])
    ecr(call)
    load_balancing(call, client, subnets, vpc, instance)
    ec2(call, vpc, subnets, instance)
    launch_templates(call, client, image)
    auto_scaling(call, client, image, subnets[0])
    watching(call)
    schedules(call)
    secrets(call, client)
    commands(call, instance)
    storage(call)
    messages(call, client)


def run(program, rows, tally, driver_of):
    from moto.server import ThreadedMotoServer
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION}
    driver = driver_of(program, {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "AWS_ENDPOINT_URL": url, **keys})
    session = botocore.session.Session()
    patient = botocore.config.Config(read_timeout=180, retries={"max_attempts": 0})

    def client(service):
        return session.create_client(service, region_name=REGION, endpoint_url=url, aws_access_key_id="test", aws_secret_access_key="test",
                                     config=patient)

    call = Calls(driver, tally)
    try:
        all_calls(call, client)
    finally:
        driver.close()
        server.stop()
    absent = []
    for row in rows:
        name = row["operation"]
        if in_moto(name):
            tally.check(f"{name} is called on moto", [] if name in call.called else "no scenario calls it")
        else:
            absent.append(name)
    for name in absent:
        tally.skip(f"{name} on moto", "moto does not have it")
