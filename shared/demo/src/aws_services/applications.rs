//! Machine learning, data, messaging, network and security.

use super::{Service, global, service, sku};

/// The services; within one, the prices used most stand first.
pub static SERVICES: &[Service] = &[
    service(
        "AmazonSageMaker",
        "Amazon SageMaker",
        "arn:aws:sagemaker:{region}:{account}:endpoint/{name}",
        &[
            sku("Host:ml.g5.xlarge", "RunInstance", "1.408", "Hrs", "per Hosting ml.g5.xlarge hour", "ML Instance"),
            sku("Train:ml.p4d.24xlarge", "RunInstance", "37.688", "Hrs", "per Training ml.p4d.24xlarge hour", "ML Instance"),
            sku("Notebk:ml.t3.medium", "RunInstance", "0.05", "Hrs", "per Notebook ml.t3.medium hour", "ML Instance"),
        ],
    ),
    service(
        "AmazonBedrock",
        "Amazon Bedrock",
        "arn:aws:bedrock:{region}:{account}:application-inference-profile/{id}",
        &[
            sku(
                "TextGeneration-InputTokens",
                "InvokeModelInference",
                "0.003",
                "1K tokens",
                "per 1K input tokens, text generation model",
                "Amazon Bedrock",
            ),
            sku(
                "TextGeneration-OutputTokens",
                "InvokeModelInference",
                "0.015",
                "1K tokens",
                "per 1K output tokens, text generation model",
                "Amazon Bedrock",
            ),
        ],
    ),
    service(
        "AWSGlue",
        "AWS Glue",
        "arn:aws:glue:{region}:{account}:job/{name}",
        &[
            sku("ETL-DPU-Hour", "Jobrun", "0.44", "DPU-Hour", "per Data Processing Unit-Hour for AWS Glue ETL job", "AWS Glue"),
            sku("Catalog-Request", "Request", "0.000001", "Request", "per AWS Glue Data Catalog request", "AWS Glue"),
        ],
    ),
    service(
        "AmazonKinesis",
        "Amazon Kinesis",
        "arn:aws:kinesis:{region}:{account}:stream/{name}",
        &[
            sku("Storage-ShardHour", "shardHourStorage", "0.015", "Hours", "per provisioned shard-hour", "Kinesis Streams"),
            sku("PutRequestPayloadUnits", "PutRequest", "0.000000014", "PayloadUnits", "per PUT payload unit", "Kinesis Streams"),
        ],
    ),
    service(
        "AmazonAthena",
        "Amazon Athena",
        "arn:aws:athena:{region}:{account}:workgroup/{name}",
        &[sku("DataScannedInTB", "DDL/DML", "5", "Terabytes", "per Terabyte for Data Scanned", "Athena Queries")],
    ),
    service(
        "AWSELB",
        "Elastic Load Balancing",
        "arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/app/{name}/{id}",
        &[
            sku(
                "LoadBalancerUsage",
                "LoadBalancing:Application",
                "0.0225",
                "Hrs",
                "per Application LoadBalancer-hour (or partial hour)",
                "Load Balancer-Application",
            ),
            sku(
                "LCUUsage",
                "LoadBalancing:Application",
                "0.008",
                "LCU-Hrs",
                "per used Application load balancer capacity unit-hour",
                "Load Balancer-Application",
            ),
        ],
    ),
    service(
        "AmazonMSK",
        "Amazon Managed Streaming for Apache Kafka",
        "arn:aws:kafka:{region}:{account}:cluster/{name}/{id}",
        &[
            sku(
                "Kafka.m5.large",
                "RunBroker",
                "0.21",
                "hours",
                "per hour for Kafka m5.large Broker",
                "Managed Streaming for Apache Kafka (MSK)",
            ),
            sku("Kafka.Storage.GP2", "RunVolume", "0.1", "GB-Mo", "per GB-month of storage", "Managed Streaming for Apache Kafka (MSK)"),
        ],
    ),
    service(
        "AWSQueueService",
        "Amazon Simple Queue Service",
        "arn:aws:sqs:{region}:{account}:{name}",
        &[sku("Requests-RBP", "SendMessage", "0.0000004", "Requests", "per million Amazon SQS standard requests", "API Request")],
    ),
    service(
        "AmazonApiGateway",
        "Amazon API Gateway",
        "arn:aws:apigateway:{region}::/restapis/{id}",
        &[sku(
            "ApiGatewayHttpRequest",
            "ApiGatewayHttpApi",
            "0.000001",
            "Requests",
            "per million requests - first 300 million requests per month",
            "API Calls",
        )],
    ),
    service(
        "AmazonVPC",
        "Amazon Virtual Private Cloud",
        "arn:aws:ec2:{region}:{account}:natgateway/nat-0{id}",
        &[
            sku("NatGateway-Bytes", "NatGateway", "0.045", "GB", "per GB Data Processed by NAT Gateways", "NAT Gateway"),
            sku("NatGateway-Hours", "NatGateway", "0.045", "Hrs", "per NAT Gateway Hour", "NAT Gateway"),
            sku("TransitGateway-Bytes", "TransitGatewayVPC", "0.02", "GB", "per GB Data Processed by Transit Gateway", "TransitGateway"),
        ],
    ),
    service(
        "AWSDirectConnect",
        "AWS Direct Connect",
        "arn:aws:directconnect:{region}:{account}:dxcon/dxcon-{id}",
        &[sku("PortUsage:10G", "CreateConnection", "2.25", "Hrs", "per 10G port-hour (or partial hour)", "Direct Connect")],
    ),
    service(
        "awskms",
        "AWS Key Management Service",
        "arn:aws:kms:{region}:{account}:key/{id}",
        &[
            sku("KMS-Keys", "CreateKey", "1", "Keys", "per customer managed KMS key version", "Encryption Key"),
            sku("KMS-Requests", "Decrypt", "0.000003", "Requests", "per 10,000 KMS requests", "API Request"),
        ],
    ),
    service(
        "AWSSecretsManager",
        "AWS Secrets Manager",
        "arn:aws:secretsmanager:{region}:{account}:secret:{name}",
        &[sku("AWSSecretsManager-Secrets", "", "0.4", "Secrets", "per Secret", "Secret")],
    ),
    service(
        "AmazonSNS",
        "Amazon Simple Notification Service",
        "arn:aws:sns:{region}:{account}:{name}",
        &[sku("Requests-Tier1", "Publish", "0.0000005", "Requests", "per 1 million Amazon SNS API Requests", "API Request")],
    ),
    service(
        "AmazonStates",
        "AWS Step Functions",
        "arn:aws:states:{region}:{account}:stateMachine:{name}",
        &[sku("StateTransition", "", "0.000025", "StateTransitions", "per state transition", "AWS Step Functions")],
    ),
    global(
        "awswaf",
        "AWS WAF",
        "arn:aws:wafv2:{region}:{account}:global/webacl/{name}/{id}",
        &[sku("RequestV2-Tier1", "", "0.0000006", "Request", "per million requests processed", "Web Application Firewall")],
    ),
    service(
        "AWSIoT",
        "AWS IoT",
        "arn:aws:iot:{region}:{account}:thing/{name}",
        &[sku("AWSIoT-Messages", "Publish", "0.000001", "Messages", "per million messages", "IoT")],
    ),
    service(
        "AmazonGuardDuty",
        "Amazon GuardDuty",
        "arn:aws:guardduty:{region}:{account}:detector/{id}",
        &[sku("PaidEventsAnalyzed", "", "0.000004", "Events", "per 1,000,000 CloudTrail events analyzed", "CloudTrail Events Analysis")],
    ),
    service(
        "AWSConfig",
        "AWS Config",
        "",
        &[sku(
            "ConfigurationItemRecorded",
            "",
            "0.003",
            "ConfigurationItemRecorded",
            "per configuration item recorded",
            "Management Tools - AWS Config",
        )],
    ),
    service(
        "AmazonECR",
        "Amazon EC2 Container Registry (ECR)",
        "arn:aws:ecr:{region}:{account}:repository/{name}",
        &[sku("TimedStorage-ByteHrs", "", "0.1", "GB-Mo", "per GB-month of data storage", "EC2 Container Registry")],
    ),
    global(
        "AmazonRoute53",
        "Amazon Route 53",
        "arn:aws:route53:::hostedzone/Z{id}",
        &[sku("DNS-Queries", "A", "0.0000004", "Queries", "per 1,000,000 queries for the first 1 Billion queries", "DNS Query")],
    ),
];
