//! Compute, storage, databases and delivery.

use super::{Service, box_usage, covered, database, global, service, sku};

/// The services; within one, the prices used most stand first.
pub static SERVICES: &[Service] = &[
    service(
        "AmazonEC2",
        "Amazon Elastic Compute Cloud",
        "i-0{id}",
        &[
            box_usage("BoxUsage:m6i.xlarge", "m6i.xlarge", "0.192", "On Demand Linux m6i.xlarge Instance Hour"),
            box_usage("BoxUsage:c7g.2xlarge", "c7g.2xlarge", "0.29", "On Demand Linux c7g.2xlarge Instance Hour"),
            box_usage("BoxUsage:r6g.xlarge", "r6g.xlarge", "0.2016", "On Demand Linux r6g.xlarge Instance Hour"),
            box_usage("BoxUsage:t3.medium", "t3.medium", "0.0416", "On Demand Linux t3.medium Instance Hour"),
            sku(
                "EBS:VolumeUsage.gp3",
                "CreateVolume-Gp3",
                "0.08",
                "GB-Mo",
                "GB-month of General Purpose (gp3) provisioned storage",
                "Storage",
            ),
            sku("EBS:SnapshotUsage", "CreateSnapshot", "0.05", "GB-Mo", "GB-Month of snapshot data stored", "Storage Snapshot"),
        ],
    ),
    service(
        "AmazonRDS",
        "Amazon Relational Database Service",
        "arn:aws:rds:{region}:{account}:db:{name}",
        &[
            database(
                "InstanceUsage:db.r6g.xlarge",
                "db.r6g.xlarge",
                "0.45",
                "RDS db.r6g.xlarge Single-AZ instance hour running PostgreSQL",
            ),
            database("Multi-AZUsage:db.m6g.large", "db.m6g.large", "0.318", "RDS db.m6g.large Multi-AZ instance hour running PostgreSQL"),
            sku(
                "RDS:GP3-Storage",
                "CreateDBInstance:0014",
                "0.115",
                "GB-Mo",
                "GB-month of provisioned GP3 storage running PostgreSQL",
                "Database Storage",
            ),
            sku("RDS:ChargedBackupUsage", "", "0.095", "GB-Mo", "additional GB-month of backup storage", "Storage Snapshot"),
        ],
    ),
    service(
        "AmazonS3",
        "Amazon Simple Storage Service",
        "arn:aws:s3:::meridian-{name}",
        &[
            sku("TimedStorage-ByteHrs", "StandardStorage", "0.023", "GB-Mo", "GB - first 50 TB / month of storage used", "Storage"),
            sku(
                "TimedStorage-SIA-ByteHrs",
                "StandardIAStorage",
                "0.0125",
                "GB-Mo",
                "GB-Month of storage used in Standard-Infrequent Access",
                "Storage",
            ),
            sku("Requests-Tier1", "PutObject", "0.000005", "Requests", "PUT, COPY, POST, or LIST requests", "API Request"),
            sku("Requests-Tier2", "GetObject", "0.0000004", "Requests", "GET and all other requests", "API Request"),
        ],
    ),
    service(
        "AmazonECS",
        "Amazon Elastic Container Service",
        "arn:aws:ecs:{region}:{account}:task/{name}/{id}",
        &[
            covered(sku("Fargate-vCPU-Hours:perCPU", "FargateTask", "0.04048", "hours", "AWS Fargate - vCPU", "Compute")),
            covered(sku("Fargate-GB-Hours", "FargateTask", "0.004445", "hours", "AWS Fargate - Memory", "Compute")),
        ],
    ),
    global(
        "AmazonCloudFront",
        "Amazon CloudFront",
        "arn:aws:cloudfront::{account}:distribution/E{id}",
        &[
            sku("DataTransfer-Out-Bytes", "GET", "0.085", "GB", "per GB - first 10 TB / month data transfer out", "Data Transfer"),
            sku("Requests-Tier2-HTTPS", "GET", "0.000001", "Requests", "per 10,000 HTTPS Requests", "Request"),
        ],
    ),
    service(
        "AWSDataTransfer",
        "AWS Data Transfer",
        "i-0{id}",
        &[
            sku(
                "DataTransfer-Out-Bytes",
                "RunInstances",
                "0.09",
                "GB",
                "per GB - first 10 TB / month data transfer out beyond the global free tier",
                "Data Transfer",
            ),
            sku(
                "DataTransfer-Regional-Bytes",
                "InterZone-Out",
                "0.01",
                "GB",
                "per GB - regional data transfer - in/out/between AZs",
                "Data Transfer",
            ),
        ],
    ),
    service(
        "AmazonDynamoDB",
        "Amazon DynamoDB",
        "arn:aws:dynamodb:{region}:{account}:table/{name}",
        &[
            sku(
                "WriteRequestUnits",
                "PayPerRequestThroughput",
                "0.000000625",
                "WriteRequestUnits",
                "per million write request units",
                "Amazon DynamoDB PayPerRequest Throughput",
            ),
            sku(
                "ReadRequestUnits",
                "PayPerRequestThroughput",
                "0.000000125",
                "ReadRequestUnits",
                "per million read request units",
                "Amazon DynamoDB PayPerRequest Throughput",
            ),
            sku(
                "TimedStorage-ByteHrs",
                "StandardStorage",
                "0.25",
                "GB-Mo",
                "per GB-Month of storage used beyond first 25 free GB-Months",
                "Database Storage",
            ),
        ],
    ),
    service(
        "AmazonEKS",
        "Amazon Elastic Container Service for Kubernetes",
        "arn:aws:eks:{region}:{account}:cluster/{name}",
        &[
            sku("AmazonEKS-Hours:perCluster", "CreateOperation", "0.1", "Hours", "per hour for each Amazon EKS cluster", "Compute"),
            sku(
                "EKS-Auto:m6i.2xlarge",
                "EKSAutoUsage",
                "0.04608",
                "Hours",
                "Amazon EKS Auto Mode per m6i.2xlarge instance hour",
                "Compute",
            ),
        ],
    ),
    service(
        "AWSLambda",
        "AWS Lambda",
        "arn:aws:lambda:{region}:{account}:function:{name}",
        &[
            covered(sku("Lambda-GB-Second", "Invoke", "0.0000166667", "Lambda-GB-Second", "AWS Lambda - Total Compute", "Serverless")),
            sku("Request", "Invoke", "0.0000002", "Requests", "AWS Lambda - Total Requests", "Serverless"),
        ],
    ),
    service(
        "AmazonElastiCache",
        "Amazon ElastiCache",
        "arn:aws:elasticache:{region}:{account}:cluster:{name}",
        &[
            sku(
                "NodeUsage:cache.r6g.large",
                "CreateCacheCluster:0002",
                "0.206",
                "Hrs",
                "per cache.r6g.large node hour running Redis",
                "Cache Instance",
            ),
            sku(
                "NodeUsage:cache.t4g.small",
                "CreateCacheCluster:0002",
                "0.032",
                "Hrs",
                "per cache.t4g.small node hour running Redis",
                "Cache Instance",
            ),
        ],
    ),
    service(
        "AmazonES",
        "Amazon OpenSearch Service",
        "arn:aws:es:{region}:{account}:domain/{name}",
        &[
            sku(
                "ESInstance:r6g.large",
                "ESDomain",
                "0.167",
                "Hrs",
                "per r6g.large.search instance hour",
                "Amazon OpenSearch Service Instance",
            ),
            sku(
                "ES:GP3-Storage",
                "ESDomain",
                "0.122",
                "GB-Mo",
                "per GB-month of provisioned gp3 storage",
                "Amazon OpenSearch Service Volume",
            ),
        ],
    ),
    service(
        "AmazonCloudWatch",
        "AmazonCloudWatch",
        "arn:aws:logs:{region}:{account}:log-group:/{name}",
        &[
            sku(
                "DataProcessing-Bytes",
                "PutLogEvents",
                "0.5",
                "GB",
                "per GB custom log data ingested in Standard log class",
                "Data Payload",
            ),
            sku("CW:MetricMonitorUsage", "MetricStorage", "0.3", "Metrics", "per metric-month for the first 10,000 metrics", "Metric"),
            sku("CW:Requests", "GetMetricData", "0.00001", "Metrics", "per 1,000 metrics requested using GetMetricData API", "API Request"),
        ],
    ),
    service(
        "AmazonRedshift",
        "Amazon Redshift",
        "arn:aws:redshift:{region}:{account}:cluster:{name}",
        &[
            sku(
                "Node:ra3.4xlarge",
                "RunComputeNode:0001",
                "3.26",
                "Hrs",
                "per Redshift RA3.4XL Compute Node-hour (or partial hour)",
                "Compute Instance",
            ),
            sku("RMS:ra3", "ManagedStorage", "0.024", "GB-Mo", "per GB-Month of Redshift Managed Storage", "Redshift Managed Storage"),
        ],
    ),
];
