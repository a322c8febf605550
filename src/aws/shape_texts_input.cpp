// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "aws/shape_texts.hpp"

// Rows come from tests/contract/aws/shapes.py; the contract test compares them with botocore's models.
namespace fairlead::aws {
namespace {

using Row = ShapeText;

constexpr std::array inputs{
    Row{"ec2:CreateLaunchTemplateVersion",
        "{DryRun:?,ClientToken,LaunchTemplateId,LaunchTemplateName,SourceVersion,VersionDescription,LaunchTemplateData:{KernelId,"
        "EbsOptimized:?,IamInstanceProfile:{Arn,Name},BlockDeviceMappings=BlockDeviceMapping:[*{DeviceName,VirtualName,"
        "Ebs:{Encrypted:?,DeleteOnTermination:?,Iops:#,KmsKeyId,SnapshotId,VolumeSize:#,VolumeType,Throughput:#,"
        "VolumeInitializationRate:#,EbsCardIndex:#},NoDevice}],NetworkInterfaces=NetworkInterface:[*{AssociateCarrierIpAddress:?,"
        "AssociatePublicIpAddress:?,DeleteOnTermination:?,Description,DeviceIndex:#,Groups=SecurityGroupId:[*],InterfaceType,"
        "Ipv6AddressCount:#,Ipv6Addresses:[*{Ipv6Address}],NetworkInterfaceId,PrivateIpAddress,PrivateIpAddresses:[*{Primary:?,"
        "PrivateIpAddress}],SecondaryPrivateIpAddressCount:#,SubnetId,NetworkCardIndex:#,Ipv4Prefixes=Ipv4Prefix:[*{Ipv4Prefix}],"
        "Ipv4PrefixCount:#,Ipv6Prefixes=Ipv6Prefix:[*{Ipv6Prefix}],Ipv6PrefixCount:#,PrimaryIpv6:?,"
        "EnaSrdSpecification:{EnaSrdEnabled:?,EnaSrdUdpSpecification:{EnaSrdUdpEnabled:?}},"
        "ConnectionTrackingSpecification:{TcpEstablishedTimeout:#,UdpStreamTimeout:#,UdpTimeout:#},EnaQueueCount:#}],ImageId,"
        "InstanceType,KeyName,Monitoring:{Enabled:?},Placement:{AvailabilityZone,AvailabilityZoneId,Affinity,GroupName,HostId,"
        "Tenancy,SpreadDomain,HostResourceGroupArn,PartitionNumber:#,GroupId},RamDiskId,DisableApiTermination:?,"
        "InstanceInitiatedShutdownBehavior,UserData,TagSpecifications=TagSpecification:[*{ResourceType,Tags=Tag:[*{Key,Value}]}],"
        "ElasticGpuSpecifications=ElasticGpuSpecification:[*{Type}],ElasticInferenceAccelerators=ElasticInferenceAccelerator:[*{Type,"
        "Count:#}],SecurityGroupIds=SecurityGroupId:[*],SecurityGroups=SecurityGroup:[*],InstanceMarketOptions:{MarketType,"
        "SpotOptions:{MaxPrice,SpotInstanceType,BlockDurationMinutes:#,ValidUntil:@,InstanceInterruptionBehavior}},"
        "CreditSpecification:{CpuCredits},CpuOptions:{CoreCount:#,ThreadsPerCore:#,AmdSevSnp,NestedVirtualization},"
        "CapacityReservationSpecification:{CapacityReservationPreference,CapacityReservationTarget:{CapacityReservationId,"
        "CapacityReservationResourceGroupArn}},LicenseSpecifications=LicenseSpecification:[*{LicenseConfigurationArn}],"
        "HibernationOptions:{Configured:?},MetadataOptions:{HttpTokens,HttpPutResponseHopLimit:#,HttpEndpoint,HttpProtocolIpv6,"
        "InstanceMetadataTags},EnclaveOptions:{Enabled:?},InstanceRequirements:{VCpuCount:{Min:#,Max:#},MemoryMiB:{Min:#,Max:#},"
        "CpuManufacturers=CpuManufacturer:[*],MemoryGiBPerVCpu:{Min:.,Max:.},ExcludedInstanceTypes=ExcludedInstanceType:[*],"
        "InstanceGenerations=InstanceGeneration:[*],SpotMaxPricePercentageOverLowestPrice:#,"
        "OnDemandMaxPricePercentageOverLowestPrice:#,BareMetal,BurstablePerformance,RequireHibernateSupport:?,"
        "NetworkInterfaceCount:{Min:#,Max:#},LocalStorage,LocalStorageTypes=LocalStorageType:[*],TotalLocalStorageGB:{Min:.,Max:.},"
        "BaselineEbsBandwidthMbps:{Min:#,Max:#},AcceleratorTypes=AcceleratorType:[*],AcceleratorCount:{Min:#,Max:#},"
        "AcceleratorManufacturers=AcceleratorManufacturer:[*],AcceleratorNames=AcceleratorName:[*],AcceleratorTotalMemoryMiB:{Min:#,"
        "Max:#},NetworkBandwidthGbps:{Min:.,Max:.},AllowedInstanceTypes=AllowedInstanceType:[*],"
        "MaxSpotPriceAsPercentageOfOptimalOnDemandPrice:#,"
        "BaselinePerformanceFactors:{Cpu:{References=Reference:[*{InstanceFamily}]}},RequireEncryptionInTransit:?},"
        "PrivateDnsNameOptions:{HostnameType,EnableResourceNameDnsARecord:?,EnableResourceNameDnsAAAARecord:?},"
        "MaintenanceOptions:{AutoRecovery},DisableApiStop:?,Operator:{Principal},NetworkPerformanceOptions:{BandwidthWeighting},"
        "SecondaryInterfaces=SecondaryInterface:[*{DeleteOnTermination:?,DeviceIndex:#,"
        "PrivateIpAddresses=PrivateIpAddress:[*{PrivateIpAddress}],PrivateIpAddressCount:#,SecondarySubnetId,InterfaceType,"
        "NetworkCardIndex:#}]},ResolveAlias:?}"},
    Row{"ec2:DescribeImages",
        "{ExecutableUsers=ExecutableBy:[*],ImageIds=ImageId:[*],Owners=Owner:[*],IncludeDeprecated:?,IncludeDisabled:?,MaxResults:#,"
        "NextToken,DryRun:?,Filters=Filter:[*{Name,Values=Value:[*]}]}"},
    Row{"ec2:DescribeInstanceStatus",
        "{InstanceIds=InstanceId:[*],MaxResults:#,NextToken,IncludeManagedResources:?,DryRun:?,Filters=Filter:[*{Name,"
        "Values=Value:[*]}],IncludeAllInstances:?}"},
    Row{"ec2:DescribeInstances",
        "{InstanceIds=InstanceId:[*],IncludeManagedResources:?,DryRun:?,Filters=Filter:[*{Name,Values=Value:[*]}],NextToken,"
        "MaxResults:#}"},
    Row{"ec2:DescribeLaunchTemplateVersions",
        "{DryRun:?,LaunchTemplateId,LaunchTemplateName,Versions=LaunchTemplateVersion:[*],MinVersion,MaxVersion,NextToken,"
        "MaxResults:#,Filters=Filter:[*{Name,Values=Value:[*]}],ResolveAlias:?,IncludeManagedResources:?}"},
    Row{"ec2:DescribeLaunchTemplates",
        "{DryRun:?,LaunchTemplateIds=LaunchTemplateId:[*],LaunchTemplateNames=LaunchTemplateName:[*],Filters=Filter:[*{Name,"
        "Values=Value:[*]}],NextToken,MaxResults:#,IncludeManagedResources:?}"},
    Row{"ec2:DescribeSecurityGroups",
        "{GroupIds=GroupId:[*],GroupNames=GroupName:[*],NextToken,MaxResults:#,DryRun:?,Filters=Filter:[*{Name,Values=Value:[*]}]}"},
    Row{"ec2:DescribeSubnets", "{Filters=Filter:[*{Name,Values=Value:[*]}],SubnetIds=SubnetId:[*],NextToken,MaxResults:#,DryRun:?}"},
};

}  // namespace

std::string_view input_shape_text(std::string_view operation) { return text_in(inputs, operation); }

}  // namespace fairlead::aws
