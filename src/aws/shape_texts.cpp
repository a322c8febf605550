// SPDX-License-Identifier: Apache-2.0
#include "aws/shape_texts.hpp"

#include <algorithm>
#include <array>

// Rows come from tests/contract/aws/shapes.py; the contract test compares them with botocore's models.
namespace fairlead::aws {
namespace {

struct Row {
  std::string_view operation;
  std::string_view text;
};

constexpr std::array answers{
    Row{"autoscaling:CancelInstanceRefresh", "{InstanceRefreshId}"},
    Row{"autoscaling:DescribeAutoScalingGroups",
        "{AutoScalingGroups:[{AutoScalingGroupName,AutoScalingGroupARN,LaunchConfigurationName,LaunchTemplate:{LaunchTemplateId,"
        "LaunchTemplateName,Version},MixedInstancesPolicy:{LaunchTemplate:{LaunchTemplateSpecification:{LaunchTemplateId,"
        "LaunchTemplateName,Version},Overrides:[{InstanceType,WeightedCapacity,LaunchTemplateSpecification:{LaunchTemplateId,"
        "LaunchTemplateName,Version},InstanceRequirements:{VCpuCount:{Min:#,Max:#},MemoryMiB:{Min:#,Max:#},CpuManufacturers:[],"
        "MemoryGiBPerVCpu:{Min:.,Max:.},ExcludedInstanceTypes:[],InstanceGenerations:[],SpotMaxPricePercentageOverLowestPrice:#,"
        "MaxSpotPriceAsPercentageOfOptimalOnDemandPrice:#,OnDemandMaxPricePercentageOverLowestPrice:#,BareMetal,BurstablePerformance,"
        "RequireHibernateSupport:?,NetworkInterfaceCount:{Min:#,Max:#},LocalStorage,LocalStorageTypes:[],TotalLocalStorageGB:{Min:.,"
        "Max:.},BaselineEbsBandwidthMbps:{Min:#,Max:#},AcceleratorTypes:[],AcceleratorCount:{Min:#,Max:#},"
        "AcceleratorManufacturers:[],AcceleratorNames:[],AcceleratorTotalMemoryMiB:{Min:#,Max:#},NetworkBandwidthGbps:{Min:.,Max:.},"
        "AllowedInstanceTypes:[],BaselinePerformanceFactors:{Cpu:{References=Reference:[{InstanceFamily}]}}},ImageId}]},"
        "InstancesDistribution:{OnDemandAllocationStrategy,OnDemandBaseCapacity:#,OnDemandPercentageAboveBaseCapacity:#,"
        "SpotAllocationStrategy,SpotInstancePools:#,SpotMaxPrice}},MinSize:#,MaxSize:#,DesiredCapacity:#,PredictedCapacity:#,"
        "DefaultCooldown:#,AvailabilityZones:[],AvailabilityZoneIds:[],LoadBalancerNames:[],TargetGroupARNs:[],HealthCheckType,"
        "HealthCheckGracePeriod:#,Instances:[{InstanceId,InstanceType,AvailabilityZone,AvailabilityZoneId,LifecycleState,"
        "HealthStatus,LaunchConfigurationName,LaunchTemplate:{LaunchTemplateId,LaunchTemplateName,Version},ImageId,"
        "ProtectedFromScaleIn:?,WeightedCapacity}],CreatedTime:@,SuspendedProcesses:[{ProcessName,SuspensionReason}],PlacementGroup,"
        "VPCZoneIdentifier,EnabledMetrics:[{Metric,Granularity}],Status,Tags:[{ResourceId,ResourceType,Key,Value,"
        "PropagateAtLaunch:?}],TerminationPolicies:[],NewInstancesProtectedFromScaleIn:?,ServiceLinkedRoleARN,MaxInstanceLifetime:#,"
        "CapacityRebalance:?,WarmPoolConfiguration:{MaxGroupPreparedCapacity:#,MinSize:#,PoolState,Status,"
        "InstanceReusePolicy:{ReuseOnScaleIn:?}},WarmPoolSize:#,Context,DesiredCapacityType,DefaultInstanceWarmup:#,"
        "TrafficSources:[{Identifier,Type}],InstanceMaintenancePolicy:{MinHealthyPercentage:#,MaxHealthyPercentage:#},"
        "DeletionProtection,AvailabilityZoneDistribution:{CapacityDistributionStrategy},"
        "AvailabilityZoneImpairmentPolicy:{ZonalShiftEnabled:?,ImpairedZoneHealthCheckBehavior},"
        "CapacityReservationSpecification:{CapacityReservationPreference,CapacityReservationTarget:{CapacityReservationIds:[],"
        "CapacityReservationResourceGroupArns:[]}},InstanceLifecyclePolicy:{RetentionTriggers:{TerminateHookAbandon}}}],NextToken}"},
    Row{"autoscaling:DescribeAutoScalingInstances",
        "{AutoScalingInstances:[{InstanceId,InstanceType,AutoScalingGroupName,AvailabilityZone,AvailabilityZoneId,LifecycleState,"
        "HealthStatus,LaunchConfigurationName,LaunchTemplate:{LaunchTemplateId,LaunchTemplateName,Version},ImageId,"
        "ProtectedFromScaleIn:?,WeightedCapacity}],NextToken}"},
    Row{"autoscaling:DescribeInstanceRefreshes",
        "{InstanceRefreshes:[{InstanceRefreshId,AutoScalingGroupName,Status,StatusReason,StartTime:@,EndTime:@,PercentageComplete:#,"
        "InstancesToUpdate:#,ProgressDetails:{LivePoolProgress:{PercentageComplete:#,InstancesToUpdate:#},"
        "WarmPoolProgress:{PercentageComplete:#,InstancesToUpdate:#}},Preferences:{MinHealthyPercentage:#,InstanceWarmup:#,"
        "CheckpointPercentages:[#],CheckpointDelay:#,SkipMatching:?,AutoRollback:?,ScaleInProtectedInstances,StandbyInstances,"
        "AlarmSpecification:{Alarms:[]},MaxHealthyPercentage:#,BakeTime:#},DesiredConfiguration:{LaunchTemplate:{LaunchTemplateId,"
        "LaunchTemplateName,Version},MixedInstancesPolicy:{LaunchTemplate:{LaunchTemplateSpecification:{LaunchTemplateId,"
        "LaunchTemplateName,Version},Overrides:[{InstanceType,WeightedCapacity,LaunchTemplateSpecification:{LaunchTemplateId,"
        "LaunchTemplateName,Version},InstanceRequirements:{VCpuCount:{Min:#,Max:#},MemoryMiB:{Min:#,Max:#},CpuManufacturers:[],"
        "MemoryGiBPerVCpu:{Min:.,Max:.},ExcludedInstanceTypes:[],InstanceGenerations:[],SpotMaxPricePercentageOverLowestPrice:#,"
        "MaxSpotPriceAsPercentageOfOptimalOnDemandPrice:#,OnDemandMaxPricePercentageOverLowestPrice:#,BareMetal,BurstablePerformance,"
        "RequireHibernateSupport:?,NetworkInterfaceCount:{Min:#,Max:#},LocalStorage,LocalStorageTypes:[],TotalLocalStorageGB:{Min:.,"
        "Max:.},BaselineEbsBandwidthMbps:{Min:#,Max:#},AcceleratorTypes:[],AcceleratorCount:{Min:#,Max:#},"
        "AcceleratorManufacturers:[],AcceleratorNames:[],AcceleratorTotalMemoryMiB:{Min:#,Max:#},NetworkBandwidthGbps:{Min:.,Max:.},"
        "AllowedInstanceTypes:[],BaselinePerformanceFactors:{Cpu:{References=Reference:[{InstanceFamily}]}}},ImageId}]},"
        "InstancesDistribution:{OnDemandAllocationStrategy,OnDemandBaseCapacity:#,OnDemandPercentageAboveBaseCapacity:#,"
        "SpotAllocationStrategy,SpotInstancePools:#,SpotMaxPrice}}},RollbackDetails:{RollbackReason,RollbackStartTime:@,"
        "PercentageCompleteOnRollback:#,InstancesToUpdateOnRollback:#,"
        "ProgressDetailsOnRollback:{LivePoolProgress:{PercentageComplete:#,InstancesToUpdate:#},"
        "WarmPoolProgress:{PercentageComplete:#,InstancesToUpdate:#}}},Strategy}],NextToken}"},
    Row{"autoscaling:DescribeScalingActivities",
        "{Activities:[{ActivityId,AutoScalingGroupName,Description,Cause,StartTime:@,EndTime:@,StatusCode,StatusMessage,Progress:#,"
        "Details,AutoScalingGroupState,AutoScalingGroupARN}],NextToken}"},
    Row{"autoscaling:DetachInstances",
        "{Activities:[{ActivityId,AutoScalingGroupName,Description,Cause,StartTime:@,EndTime:@,StatusCode,StatusMessage,Progress:#,"
        "Details,AutoScalingGroupState,AutoScalingGroupARN}]}"},
    Row{"autoscaling:EnterStandby",
        "{Activities:[{ActivityId,AutoScalingGroupName,Description,Cause,StartTime:@,EndTime:@,StatusCode,StatusMessage,Progress:#,"
        "Details,AutoScalingGroupState,AutoScalingGroupARN}]}"},
    Row{"autoscaling:ExitStandby",
        "{Activities:[{ActivityId,AutoScalingGroupName,Description,Cause,StartTime:@,EndTime:@,StatusCode,StatusMessage,Progress:#,"
        "Details,AutoScalingGroupState,AutoScalingGroupARN}]}"},
    Row{"autoscaling:RollbackInstanceRefresh", "{InstanceRefreshId}"},
    Row{"autoscaling:StartInstanceRefresh", "{InstanceRefreshId}"},
    Row{"ec2:DescribeInstanceStatus",
        "{InstanceStatuses=instanceStatusSet:[{AvailabilityZone=availabilityZone,AvailabilityZoneId=availabilityZoneId,"
        "OutpostArn=outpostArn,Operator=operator:{Managed=managed:?,Principal=principal,HiddenByDefault=hiddenByDefault:?},"
        "Events=eventsSet:[{InstanceEventId=instanceEventId,Code=code,Description=description,NotAfter=notAfter:@,"
        "NotBefore=notBefore:@,NotBeforeDeadline=notBeforeDeadline:@}],InstanceId=instanceId,"
        "InstanceState=instanceState:{Code=code:#,Name=name},"
        "InstanceStatus=instanceStatus:{Details=details:[{ImpairedSince=impairedSince:@,Name=name,Status=status}],Status=status},"
        "SystemStatus=systemStatus:{Details=details:[{ImpairedSince=impairedSince:@,Name=name,Status=status}],Status=status},"
        "AttachedEbsStatus=attachedEbsStatus:{Details=details:[{ImpairedSince=impairedSince:@,Name=name,Status=status}],"
        "Status=status}}],NextToken=nextToken}"},
    Row{"ec2:DescribeInstances",
        "{NextToken=nextToken,Reservations=reservationSet:[{ReservationId=reservationId,OwnerId=ownerId,RequesterId=requesterId,"
        "Groups=groupSet:[{GroupId=groupId,GroupName=groupName}],Instances=instancesSet:[{Architecture=architecture,"
        "BlockDeviceMappings=blockDeviceMapping:[{DeviceName=deviceName,Ebs=ebs:{AttachTime=attachTime:@,"
        "DeleteOnTermination=deleteOnTermination:?,Status=status,VolumeId=volumeId,AssociatedResource=associatedResource,"
        "VolumeOwnerId=volumeOwnerId,Operator=operator:{Managed=managed:?,Principal=principal,HiddenByDefault=hiddenByDefault:?},"
        "EbsCardIndex=ebsCardIndex:#}}],ClientToken=clientToken,EbsOptimized=ebsOptimized:?,EnaSupport=enaSupport:?,"
        "Hypervisor=hypervisor,IamInstanceProfile=iamInstanceProfile:{Arn=arn,Id=id},InstanceLifecycle=instanceLifecycle,"
        "ElasticGpuAssociations=elasticGpuAssociationSet:[{ElasticGpuId=elasticGpuId,ElasticGpuAssociationId=elasticGpuAssociationId,"
        "ElasticGpuAssociationState=elasticGpuAssociationState,ElasticGpuAssociationTime=elasticGpuAssociationTime}],"
        "ElasticInferenceAcceleratorAssociations=elasticInferenceAcceleratorAssociationSet:[{ElasticInferenceAcceleratorArn="
        "elasticInferenceAcceleratorArn,"
        "ElasticInferenceAcceleratorAssociationId=elasticInferenceAcceleratorAssociationId,"
        "ElasticInferenceAcceleratorAssociationState=elasticInferenceAcceleratorAssociationState,"
        "ElasticInferenceAcceleratorAssociationTime=elasticInferenceAcceleratorAssociationTime:@}],"
        "NetworkInterfaces=networkInterfaceSet:[{Association=association:{CarrierIp=carrierIp,CustomerOwnedIp=customerOwnedIp,"
        "IpOwnerId=ipOwnerId,PublicDnsName=publicDnsName,PublicIp=publicIp},Attachment=attachment:{AttachTime=attachTime:@,"
        "AttachmentId=attachmentId,DeleteOnTermination=deleteOnTermination:?,DeviceIndex=deviceIndex:#,Status=status,"
        "NetworkCardIndex=networkCardIndex:#,EnaSrdSpecification=enaSrdSpecification:{EnaSrdEnabled=enaSrdEnabled:?,"
        "EnaSrdUdpSpecification=enaSrdUdpSpecification:{EnaSrdUdpEnabled=enaSrdUdpEnabled:?}},EnaQueueCount=enaQueueCount:#},"
        "Description=description,Groups=groupSet:[{GroupId=groupId,GroupName=groupName}],"
        "Ipv6Addresses=ipv6AddressesSet:[{Ipv6Address=ipv6Address,IsPrimaryIpv6=isPrimaryIpv6:?}],MacAddress=macAddress,"
        "NetworkInterfaceId=networkInterfaceId,OwnerId=ownerId,PrivateDnsName=privateDnsName,PrivateIpAddress=privateIpAddress,"
        "PrivateIpAddresses=privateIpAddressesSet:[{Association=association:{CarrierIp=carrierIp,CustomerOwnedIp=customerOwnedIp,"
        "IpOwnerId=ipOwnerId,PublicDnsName=publicDnsName,PublicIp=publicIp},Primary=primary:?,PrivateDnsName=privateDnsName,"
        "PrivateIpAddress=privateIpAddress}],SourceDestCheck=sourceDestCheck:?,Status=status,SubnetId=subnetId,VpcId=vpcId,"
        "InterfaceType=interfaceType,Ipv4Prefixes=ipv4PrefixSet:[{Ipv4Prefix=ipv4Prefix}],"
        "Ipv6Prefixes=ipv6PrefixSet:[{Ipv6Prefix=ipv6Prefix}],"
        "ConnectionTrackingConfiguration=connectionTrackingConfiguration:{TcpEstablishedTimeout=tcpEstablishedTimeout:#,"
        "UdpStreamTimeout=udpStreamTimeout:#,UdpTimeout=udpTimeout:#},Operator=operator:{Managed=managed:?,Principal=principal,"
        "HiddenByDefault=hiddenByDefault:?}}],OutpostArn=outpostArn,RootDeviceName=rootDeviceName,RootDeviceType=rootDeviceType,"
        "SecurityGroups=groupSet:[{GroupId=groupId,GroupName=groupName}],SourceDestCheck=sourceDestCheck:?,"
        "SpotInstanceRequestId=spotInstanceRequestId,SriovNetSupport=sriovNetSupport,StateReason=stateReason:{Code=code,"
        "Message=message},Tags=tagSet:[{Key=key,Value=value}],VirtualizationType=virtualizationType,"
        "CpuOptions=cpuOptions:{CoreCount=coreCount:#,ThreadsPerCore=threadsPerCore:#,AmdSevSnp=amdSevSnp,"
        "NestedVirtualization=nestedVirtualization},CapacityBlockId=capacityBlockId,CapacityReservationId=capacityReservationId,"
        "CapacityReservationSpecification=capacityReservationSpecification:{CapacityReservationPreference=capacityReservationPreference,"
        "CapacityReservationTarget=capacityReservationTarget:{CapacityReservationId=capacityReservationId,"
        "CapacityReservationResourceGroupArn=capacityReservationResourceGroupArn}},"
        "HibernationOptions=hibernationOptions:{Configured=configured:?},"
        "Licenses=licenseSet:[{LicenseConfigurationArn=licenseConfigurationArn}],MetadataOptions=metadataOptions:{State=state,"
        "HttpTokens=httpTokens,HttpPutResponseHopLimit=httpPutResponseHopLimit:#,HttpEndpoint=httpEndpoint,"
        "HttpProtocolIpv6=httpProtocolIpv6,InstanceMetadataTags=instanceMetadataTags},"
        "EnclaveOptions=enclaveOptions:{Enabled=enabled:?},BootMode=bootMode,PlatformDetails=platformDetails,"
        "UsageOperation=usageOperation,UsageOperationUpdateTime=usageOperationUpdateTime:@,"
        "PrivateDnsNameOptions=privateDnsNameOptions:{HostnameType=hostnameType,"
        "EnableResourceNameDnsARecord=enableResourceNameDnsARecord:?,"
        "EnableResourceNameDnsAAAARecord=enableResourceNameDnsAAAARecord:?},Ipv6Address=ipv6Address,TpmSupport=tpmSupport,"
        "MaintenanceOptions=maintenanceOptions:{AutoRecovery=autoRecovery,RebootMigration=rebootMigration},"
        "CurrentInstanceBootMode=currentInstanceBootMode,"
        "NetworkPerformanceOptions=networkPerformanceOptions:{BandwidthWeighting=bandwidthWeighting},"
        "Operator=operator:{Managed=managed:?,Principal=principal,HiddenByDefault=hiddenByDefault:?},"
        "SecondaryInterfaces=secondaryInterfaceSet:[{Attachment=attachment:{AttachTime=attachTime:@,AttachmentId=attachmentId,"
        "DeleteOnTermination=deleteOnTermination:?,DeviceIndex=deviceIndex:#,Status=status,NetworkCardIndex=networkCardIndex:#},"
        "MacAddress=macAddress,SecondaryInterfaceId=secondaryInterfaceId,OwnerId=ownerId,"
        "PrivateIpAddresses=privateIpAddressSet:[{PrivateIpAddress=privateIpAddress}],SourceDestCheck=sourceDestCheck:?,"
        "Status=status,SecondarySubnetId=secondarySubnetId,SecondaryNetworkId=secondaryNetworkId,InterfaceType=interfaceType}],"
        "InstanceId=instanceId,ImageId=imageId,State=instanceState:{Code=code:#,Name=name},PrivateDnsName=privateDnsName,"
        "PublicDnsName=dnsName,StateTransitionReason=reason,KeyName=keyName,AmiLaunchIndex=amiLaunchIndex:#,"
        "ProductCodes=productCodes:[{ProductCodeId=productCode,ProductCodeType=type}],InstanceType=instanceType,"
        "LaunchTime=launchTime:@,Placement=placement:{AvailabilityZoneId=availabilityZoneId,Affinity=affinity,GroupName=groupName,"
        "PartitionNumber=partitionNumber:#,HostId=hostId,Tenancy=tenancy,SpreadDomain=spreadDomain,"
        "HostResourceGroupArn=hostResourceGroupArn,GroupId=groupId,AvailabilityZone=availabilityZone},KernelId=kernelId,"
        "RamdiskId=ramdiskId,Platform=platform,Monitoring=monitoring:{State=state},SubnetId=subnetId,VpcId=vpcId,"
        "PrivateIpAddress=privateIpAddress,PublicIpAddress=ipAddress}]}]}"},
    Row{"ec2:DescribeSecurityGroups",
        "{NextToken=nextToken,SecurityGroups=securityGroupInfo:[{GroupId=groupId,"
        "IpPermissionsEgress=ipPermissionsEgress:[{IpProtocol=ipProtocol,FromPort=fromPort:#,ToPort=toPort:#,"
        "UserIdGroupPairs=groups:[{Description=description,UserId=userId,GroupName=groupName,GroupId=groupId,VpcId=vpcId,"
        "VpcPeeringConnectionId=vpcPeeringConnectionId,PeeringStatus=peeringStatus}],IpRanges=ipRanges:[{Description=description,"
        "CidrIp=cidrIp}],Ipv6Ranges=ipv6Ranges:[{Description=description,CidrIpv6=cidrIpv6}],"
        "PrefixListIds=prefixListIds:[{Description=description,PrefixListId=prefixListId}]}],Tags=tagSet:[{Key=key,Value=value}],"
        "VpcId=vpcId,SecurityGroupArn=securityGroupArn,OwnerId=ownerId,GroupName=groupName,Description=groupDescription,"
        "IpPermissions=ipPermissions:[{IpProtocol=ipProtocol,FromPort=fromPort:#,ToPort=toPort:#,"
        "UserIdGroupPairs=groups:[{Description=description,UserId=userId,GroupName=groupName,GroupId=groupId,VpcId=vpcId,"
        "VpcPeeringConnectionId=vpcPeeringConnectionId,PeeringStatus=peeringStatus}],IpRanges=ipRanges:[{Description=description,"
        "CidrIp=cidrIp}],Ipv6Ranges=ipv6Ranges:[{Description=description,CidrIpv6=cidrIpv6}],"
        "PrefixListIds=prefixListIds:[{Description=description,PrefixListId=prefixListId}]}]}]}"},
    Row{"ec2:DescribeSubnets",
        "{NextToken=nextToken,Subnets=subnetSet:[{AvailabilityZoneId=availabilityZoneId,"
        "EnableLniAtDeviceIndex=enableLniAtDeviceIndex:#,MapCustomerOwnedIpOnLaunch=mapCustomerOwnedIpOnLaunch:?,"
        "CustomerOwnedIpv4Pool=customerOwnedIpv4Pool,OwnerId=ownerId,AssignIpv6AddressOnCreation=assignIpv6AddressOnCreation:?,"
        "Ipv6CidrBlockAssociationSet=ipv6CidrBlockAssociationSet:[{AssociationId=associationId,Ipv6CidrBlock=ipv6CidrBlock,"
        "Ipv6CidrBlockState=ipv6CidrBlockState:{State=state,StatusMessage=statusMessage},Ipv6AddressAttribute=ipv6AddressAttribute,"
        "IpSource=ipSource}],Tags=tagSet:[{Key=key,Value=value}],SubnetArn=subnetArn,OutpostArn=outpostArn,EnableDns64=enableDns64:?,"
        "Ipv6Native=ipv6Native:?,PrivateDnsNameOptionsOnLaunch=privateDnsNameOptionsOnLaunch:{HostnameType=hostnameType,"
        "EnableResourceNameDnsARecord=enableResourceNameDnsARecord:?,"
        "EnableResourceNameDnsAAAARecord=enableResourceNameDnsAAAARecord:?},"
        "BlockPublicAccessStates=blockPublicAccessStates:{InternetGatewayBlockMode=internetGatewayBlockMode},Type=type,"
        "SubnetId=subnetId,State=state,VpcId=vpcId,CidrBlock=cidrBlock,AvailableIpAddressCount=availableIpAddressCount:#,"
        "AvailabilityZone=availabilityZone,DefaultForAz=defaultForAz:?,MapPublicIpOnLaunch=mapPublicIpOnLaunch:?}]}"},
    Row{"elasticloadbalancing:CreateListener",
        "{Listeners:[{ListenerArn,LoadBalancerArn,Port:#,Protocol,Certificates:[{CertificateArn,IsDefault:?}],SslPolicy,"
        "DefaultActions:[{Type,TargetGroupArn,AuthenticateOidcConfig:{Issuer,AuthorizationEndpoint,TokenEndpoint,UserInfoEndpoint,"
        "ClientId,ClientSecret,SessionCookieName,Scope,SessionTimeout:#,AuthenticationRequestExtraParams:<>,OnUnauthenticatedRequest,"
        "UseExistingClientSecret:?},AuthenticateCognitoConfig:{UserPoolArn,UserPoolClientId,UserPoolDomain,SessionCookieName,Scope,"
        "SessionTimeout:#,AuthenticationRequestExtraParams:<>,OnUnauthenticatedRequest},Order:#,RedirectConfig:{Protocol,Port,Host,"
        "Path,Query,StatusCode},FixedResponseConfig:{MessageBody,StatusCode,ContentType},"
        "ForwardConfig:{TargetGroups:[{TargetGroupArn,Weight:#}],TargetGroupStickinessConfig:{Enabled:?,DurationSeconds:#}},"
        "JwtValidationConfig:{JwksEndpoint,Issuer,AdditionalClaims:[{Format,Name,Values:[]}]}}],AlpnPolicy:[],"
        "MutualAuthentication:{Mode,TrustStoreArn,IgnoreClientCertificateExpiry:?,TrustStoreAssociationStatus,"
        "AdvertiseTrustStoreCaNames}}]}"},
    Row{"elasticloadbalancing:CreateLoadBalancer",
        "{LoadBalancers:[{LoadBalancerArn,DNSName,CanonicalHostedZoneId,CreatedTime:@,LoadBalancerName,Scheme,VpcId,State:{Code,"
        "Reason},Type,AvailabilityZones:[{ZoneName,SubnetId,OutpostId,LoadBalancerAddresses:[{IpAddress,AllocationId,"
        "PrivateIPv4Address,IPv6Address}],SourceNatIpv6Prefixes:[]}],SecurityGroups:[],IpAddressType,CustomerOwnedIpv4Pool,"
        "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic,EnablePrefixForIpv6SourceNat,IpamPools:{Ipv4IpamPoolId}}]}"},
    Row{"elasticloadbalancing:CreateTargetGroup",
        "{TargetGroups:[{TargetGroupArn,TargetGroupName,Protocol,Port:#,VpcId,HealthCheckProtocol,HealthCheckPort,"
        "HealthCheckEnabled:?,HealthCheckIntervalSeconds:#,HealthCheckTimeoutSeconds:#,HealthyThresholdCount:#,"
        "UnhealthyThresholdCount:#,HealthCheckPath,Matcher:{HttpCode,GrpcCode},LoadBalancerArns:[],TargetType,ProtocolVersion,"
        "IpAddressType,TargetControlPort:#}]}"},
    Row{"elasticloadbalancing:DescribeListeners",
        "{Listeners:[{ListenerArn,LoadBalancerArn,Port:#,Protocol,Certificates:[{CertificateArn,IsDefault:?}],SslPolicy,"
        "DefaultActions:[{Type,TargetGroupArn,AuthenticateOidcConfig:{Issuer,AuthorizationEndpoint,TokenEndpoint,UserInfoEndpoint,"
        "ClientId,ClientSecret,SessionCookieName,Scope,SessionTimeout:#,AuthenticationRequestExtraParams:<>,OnUnauthenticatedRequest,"
        "UseExistingClientSecret:?},AuthenticateCognitoConfig:{UserPoolArn,UserPoolClientId,UserPoolDomain,SessionCookieName,Scope,"
        "SessionTimeout:#,AuthenticationRequestExtraParams:<>,OnUnauthenticatedRequest},Order:#,RedirectConfig:{Protocol,Port,Host,"
        "Path,Query,StatusCode},FixedResponseConfig:{MessageBody,StatusCode,ContentType},"
        "ForwardConfig:{TargetGroups:[{TargetGroupArn,Weight:#}],TargetGroupStickinessConfig:{Enabled:?,DurationSeconds:#}},"
        "JwtValidationConfig:{JwksEndpoint,Issuer,AdditionalClaims:[{Format,Name,Values:[]}]}}],AlpnPolicy:[],"
        "MutualAuthentication:{Mode,TrustStoreArn,IgnoreClientCertificateExpiry:?,TrustStoreAssociationStatus,"
        "AdvertiseTrustStoreCaNames}}],NextMarker}"},
    Row{"elasticloadbalancing:DescribeLoadBalancers",
        "{LoadBalancers:[{LoadBalancerArn,DNSName,CanonicalHostedZoneId,CreatedTime:@,LoadBalancerName,Scheme,VpcId,State:{Code,"
        "Reason},Type,AvailabilityZones:[{ZoneName,SubnetId,OutpostId,LoadBalancerAddresses:[{IpAddress,AllocationId,"
        "PrivateIPv4Address,IPv6Address}],SourceNatIpv6Prefixes:[]}],SecurityGroups:[],IpAddressType,CustomerOwnedIpv4Pool,"
        "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic,EnablePrefixForIpv6SourceNat,IpamPools:{Ipv4IpamPoolId}}],NextMarker}"},
    Row{"elasticloadbalancing:DescribeRules",
        "{Rules:[{RuleArn,Priority,Conditions:[{Field,Values:[],HostHeaderConfig:{Values:[],RegexValues:[]},"
        "PathPatternConfig:{Values:[],RegexValues:[]},HttpHeaderConfig:{HttpHeaderName,Values:[],RegexValues:[]},"
        "QueryStringConfig:{Values:[{Key,Value}]},HttpRequestMethodConfig:{Values:[]},SourceIpConfig:{Values:[]},RegexValues:[]}],"
        "Actions:[{Type,TargetGroupArn,AuthenticateOidcConfig:{Issuer,AuthorizationEndpoint,TokenEndpoint,UserInfoEndpoint,ClientId,"
        "ClientSecret,SessionCookieName,Scope,SessionTimeout:#,AuthenticationRequestExtraParams:<>,OnUnauthenticatedRequest,"
        "UseExistingClientSecret:?},AuthenticateCognitoConfig:{UserPoolArn,UserPoolClientId,UserPoolDomain,SessionCookieName,Scope,"
        "SessionTimeout:#,AuthenticationRequestExtraParams:<>,OnUnauthenticatedRequest},Order:#,RedirectConfig:{Protocol,Port,Host,"
        "Path,Query,StatusCode},FixedResponseConfig:{MessageBody,StatusCode,ContentType},"
        "ForwardConfig:{TargetGroups:[{TargetGroupArn,Weight:#}],TargetGroupStickinessConfig:{Enabled:?,DurationSeconds:#}},"
        "JwtValidationConfig:{JwksEndpoint,Issuer,AdditionalClaims:[{Format,Name,Values:[]}]}}],IsDefault:?,Transforms:[{Type,"
        "HostHeaderRewriteConfig:{Rewrites:[{Regex,Replace}]},UrlRewriteConfig:{Rewrites:[{Regex,Replace}]}}]}],NextMarker}"},
    Row{"elasticloadbalancing:DescribeTags", "{TagDescriptions:[{ResourceArn,Tags:[{Key,Value}]}]}"},
    Row{"elasticloadbalancing:DescribeTargetGroupAttributes", "{Attributes:[{Key,Value}]}"},
    Row{"elasticloadbalancing:DescribeTargetGroups",
        "{TargetGroups:[{TargetGroupArn,TargetGroupName,Protocol,Port:#,VpcId,HealthCheckProtocol,HealthCheckPort,"
        "HealthCheckEnabled:?,HealthCheckIntervalSeconds:#,HealthCheckTimeoutSeconds:#,HealthyThresholdCount:#,"
        "UnhealthyThresholdCount:#,HealthCheckPath,Matcher:{HttpCode,GrpcCode},LoadBalancerArns:[],TargetType,ProtocolVersion,"
        "IpAddressType,TargetControlPort:#}],NextMarker}"},
    Row{"elasticloadbalancing:DescribeTargetHealth",
        "{TargetHealthDescriptions:[{Target:{Id,Port:#,AvailabilityZone,QuicServerId},HealthCheckPort,TargetHealth:{State,Reason,"
        "Description},AnomalyDetection:{Result,MitigationInEffect},AdministrativeOverride:{State,Reason,Description}}]}"},
    Row{"elasticloadbalancing:ModifyListener",
        "{Listeners:[{ListenerArn,LoadBalancerArn,Port:#,Protocol,Certificates:[{CertificateArn,IsDefault:?}],SslPolicy,"
        "DefaultActions:[{Type,TargetGroupArn,AuthenticateOidcConfig:{Issuer,AuthorizationEndpoint,TokenEndpoint,UserInfoEndpoint,"
        "ClientId,ClientSecret,SessionCookieName,Scope,SessionTimeout:#,AuthenticationRequestExtraParams:<>,OnUnauthenticatedRequest,"
        "UseExistingClientSecret:?},AuthenticateCognitoConfig:{UserPoolArn,UserPoolClientId,UserPoolDomain,SessionCookieName,Scope,"
        "SessionTimeout:#,AuthenticationRequestExtraParams:<>,OnUnauthenticatedRequest},Order:#,RedirectConfig:{Protocol,Port,Host,"
        "Path,Query,StatusCode},FixedResponseConfig:{MessageBody,StatusCode,ContentType},"
        "ForwardConfig:{TargetGroups:[{TargetGroupArn,Weight:#}],TargetGroupStickinessConfig:{Enabled:?,DurationSeconds:#}},"
        "JwtValidationConfig:{JwksEndpoint,Issuer,AdditionalClaims:[{Format,Name,Values:[]}]}}],AlpnPolicy:[],"
        "MutualAuthentication:{Mode,TrustStoreArn,IgnoreClientCertificateExpiry:?,TrustStoreAssociationStatus,"
        "AdvertiseTrustStoreCaNames}}]}"},
    Row{"elasticloadbalancing:ModifyRule",
        "{Rules:[{RuleArn,Priority,Conditions:[{Field,Values:[],HostHeaderConfig:{Values:[],RegexValues:[]},"
        "PathPatternConfig:{Values:[],RegexValues:[]},HttpHeaderConfig:{HttpHeaderName,Values:[],RegexValues:[]},"
        "QueryStringConfig:{Values:[{Key,Value}]},HttpRequestMethodConfig:{Values:[]},SourceIpConfig:{Values:[]},RegexValues:[]}],"
        "Actions:[{Type,TargetGroupArn,AuthenticateOidcConfig:{Issuer,AuthorizationEndpoint,TokenEndpoint,UserInfoEndpoint,ClientId,"
        "ClientSecret,SessionCookieName,Scope,SessionTimeout:#,AuthenticationRequestExtraParams:<>,OnUnauthenticatedRequest,"
        "UseExistingClientSecret:?},AuthenticateCognitoConfig:{UserPoolArn,UserPoolClientId,UserPoolDomain,SessionCookieName,Scope,"
        "SessionTimeout:#,AuthenticationRequestExtraParams:<>,OnUnauthenticatedRequest},Order:#,RedirectConfig:{Protocol,Port,Host,"
        "Path,Query,StatusCode},FixedResponseConfig:{MessageBody,StatusCode,ContentType},"
        "ForwardConfig:{TargetGroups:[{TargetGroupArn,Weight:#}],TargetGroupStickinessConfig:{Enabled:?,DurationSeconds:#}},"
        "JwtValidationConfig:{JwksEndpoint,Issuer,AdditionalClaims:[{Format,Name,Values:[]}]}}],IsDefault:?,Transforms:[{Type,"
        "HostHeaderRewriteConfig:{Rewrites:[{Regex,Replace}]},UrlRewriteConfig:{Rewrites:[{Regex,Replace}]}}]}]}"},
    Row{"elasticloadbalancing:ModifyTargetGroupAttributes", "{Attributes:[{Key,Value}]}"},
    Row{"iam:GetRole",
        "{Role:{Path,RoleName,RoleId,Arn,CreateDate:@,AssumeRolePolicyDocument,Description,MaxSessionDuration:#,"
        "PermissionsBoundary:{PermissionsBoundaryType,PermissionsBoundaryArn},Tags:[{Key,Value}],RoleLastUsed:{LastUsedDate:@,"
        "Region}}}"},
    Row{"iam:SimulatePrincipalPolicy",
        "{EvaluationResults:[{EvalActionName,EvalResourceName,EvalDecision,MatchedStatements:[{SourcePolicyId,SourcePolicyType,"
        "StartPosition:{Line:#,Column:#},EndPosition:{Line:#,Column:#}}],MissingContextValues:[],"
        "OrganizationsDecisionDetail:{AllowedByOrganizations:?},PermissionsBoundaryDecisionDetail:{AllowedByPermissionsBoundary:?},"
        "EvalDecisionDetails:<>,ResourceSpecificResults:[{EvalResourceName,EvalResourceDecision,MatchedStatements:[{SourcePolicyId,"
        "SourcePolicyType,StartPosition:{Line:#,Column:#},EndPosition:{Line:#,Column:#}}],MissingContextValues:[],"
        "EvalDecisionDetails:<>,PermissionsBoundaryDecisionDetail:{AllowedByPermissionsBoundary:?}}]}],IsTruncated:?,Marker}"},
    Row{"s3:ListObjectsV2",
        "{IsTruncated:?,Contents:[*{Key,LastModified:@,ETag,ChecksumAlgorithm:[*],ChecksumType,Size:#,StorageClass,"
        "Owner:{DisplayName,ID},RestoreStatus:{IsRestoreInProgress:?,RestoreExpiryDate:@}}],Name,Prefix,Delimiter,MaxKeys:#,"
        "CommonPrefixes:[*{Prefix}],EncodingType,KeyCount:#,ContinuationToken,NextContinuationToken,StartAfter}"},
    Row{"sns:Publish", "{MessageId,SequenceNumber}"},
    Row{"sts:AssumeRole",
        "{Credentials:{AccessKeyId,SecretAccessKey,SessionToken,Expiration:@},AssumedRoleUser:{AssumedRoleId,Arn},PackedPolicySize:#,"
        "SourceIdentity}"},
    Row{"sts:AssumeRoleWithWebIdentity",
        "{Credentials:{AccessKeyId,SecretAccessKey,SessionToken,Expiration:@},SubjectFromWebIdentityToken,"
        "AssumedRoleUser:{AssumedRoleId,Arn},PackedPolicySize:#,Provider,Audience,SourceIdentity}"},
    Row{"sts:GetCallerIdentity", "{UserId,Account,Arn}"},
};

constexpr std::array inputs{
    Row{"ec2:DescribeInstanceStatus",
        "{InstanceIds=InstanceId:[*],MaxResults:#,NextToken,IncludeManagedResources:?,DryRun:?,Filters=Filter:[*{Name,"
        "Values=Value:[*]}],IncludeAllInstances:?}"},
    Row{"ec2:DescribeInstances",
        "{InstanceIds=InstanceId:[*],IncludeManagedResources:?,DryRun:?,Filters=Filter:[*{Name,Values=Value:[*]}],NextToken,"
        "MaxResults:#}"},
    Row{"ec2:DescribeSecurityGroups",
        "{GroupIds=GroupId:[*],GroupNames=GroupName:[*],NextToken,MaxResults:#,DryRun:?,Filters=Filter:[*{Name,Values=Value:[*]}]}"},
    Row{"ec2:DescribeSubnets", "{Filters=Filter:[*{Name,Values=Value:[*]}],SubnetIds=SubnetId:[*],NextToken,MaxResults:#,DryRun:?}"},
};

template <class Rows>
std::string_view text_in(const Rows& rows, std::string_view operation) {
  const auto at = std::ranges::find(rows, operation, &Row::operation);
  return at == rows.end() ? std::string_view() : at->text;
}

}  // namespace

std::string_view answer_shape_text(std::string_view operation) { return text_in(answers, operation); }
std::string_view input_shape_text(std::string_view operation) { return text_in(inputs, operation); }

}  // namespace fairlead::aws
