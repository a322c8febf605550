# An auto-scaling group of the sandbox behind a target group and a load balancer, and the shop that is deployed to it. Source lib.sh and
# sandbox.sh first. cloud: the aws command line; make_group COUNT [USER-DATA]; lb: the balancer's url; instances: those in service.
aws_cli=$(command -v aws)
export AWS_DEFAULT_REGION=us-east-1 AWS_PAGER=""
cloud() { "$aws_cli" --endpoint-url "$aws" "$@"; }
group_state() { cloud autoscaling describe-auto-scaling-groups --query "$1" --output text; }
instances() { group_state 'AutoScalingGroups[0].Instances[?LifecycleState==`InService`].InstanceId'; }
in_service() { [ "$(instances | wc -w)" = "$1" ]; }

# make_balancer: target group `shop` (its ARN in $tg) behind an application load balancer at $lb.
make_balancer() {
  tg=$(cloud elbv2 create-target-group --name shop --protocol HTTP --port 8080 --vpc-id vpc-1 --health-check-path /healthz \
    --health-check-interval-seconds 10 --healthy-threshold-count 2 --query 'TargetGroups[0].TargetGroupArn' --output text)
  cloud elbv2 modify-target-group-attributes --target-group-arn "$tg" --attributes Key=deregistration_delay.timeout_seconds,Value=60 >/dev/null
  local balancer
  balancer=$(cloud elbv2 create-load-balancer --name shop --subnets subnet-a subnet-b --query 'LoadBalancers[0].LoadBalancerArn' --output text)
  cloud elbv2 create-listener --load-balancer-arn "$balancer" --protocol HTTP --port 80 --default-actions "Type=forward,TargetGroupArn=$tg" >/dev/null
  lb=$(curl -sS --max-time 10 "$aws/_sandbox/overview" | grep -o 'http://127[^"]*' | head -n 1)
}

# make_template USER-DATA IMAGE: version 1 of the launch template `shop`.
make_template() {
  cloud ec2 create-launch-template --launch-template-name shop \
    --launch-template-data "{\"ImageId\":\"$2\",\"UserData\":\"$(printf '%s' "$1" | base64 -w0)\"}" --query LaunchTemplate.LaunchTemplateId --output text
}
make_group() { # COUNT [more options]
  cloud autoscaling create-auto-scaling-group --auto-scaling-group-name shop --min-size 0 --max-size 20 --desired-capacity "$1" \
    --availability-zones us-east-1a us-east-1b --launch-template LaunchTemplateName=shop,Version=1 --target-group-arns "$tg" "${@:2}"
  until_true in_service "$1"
}

# The shop: a web server that listens at its instance's address and answers with its version.
shop_server() {
  cat <<'APP'
use strict; use warnings; use IO::Socket::INET;
my ($version) = @ARGV;
die "cannot start: DATABASE_URL is not set\n" if $version eq 'broken';
my $listener = IO::Socket::INET->new(LocalAddr => $ENV{INSTANCE_ADDRESS}, LocalPort => 8080, Listen => 128, ReuseAddr => 1) or die "listen: $!\n";
$SIG{PIPE} = 'IGNORE';
while (1) {
  my $client = $listener->accept or next;
  my ($path) = (<$client> // '') =~ m{^GET (\S+)};
  while (defined(my $header = <$client>)) { last if $header =~ /^\r?\n$/ }
  my $body = ($path // '') eq '/healthz' && $version ne 'ill' ? "ok\n" : "$version\n";
  my $status = ($path // '') eq '/healthz' && $version eq 'ill' ? '502 Bad Gateway' : '200 OK';
  print $client "HTTP/1.1 $status\r\nContent-Length: " . length($body) . "\r\nConnection: close\r\n\r\n$body";
  close $client;
}
APP
}
versions() { for _ in $(seq "${1:-12}"); do curl -sS --max-time 5 "$lb/version"; done | sort -u | tr '\n' ' '; }
release() { echo "$1" >"$dir/shop/version"; commit shop "$1" >/dev/null; } # VERSION
begin_deploy() { run=$(fl --json deploy shop production | json id); }
