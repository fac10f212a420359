//! The company whose bills are generated: accounts, teams, what they run, and where. The same for every seed of
//! charges, so that several files are one bill.

use crate::random::{Random, Zipf, mix};

/// Sub accounts.
pub const ACCOUNTS: usize = 300;
/// Teams, each with [`APPLICATIONS_OF_A_TEAM`].
pub const TEAMS: usize = 240;
/// Applications of one team.
pub const APPLICATIONS_OF_A_TEAM: usize = 16;
/// Resources that charges are about.
pub const RESOURCES: usize = 2_000_000;
/// Different uses that resources are put to: account, service, region and tags; some are equal by chance.
const DEPLOYMENTS: usize = 720_000;
/// Seed of the company.
const SEED: u64 = 0x00da_7a0e;
/// Savings plans and reservations.
pub const COMMITMENTS: usize = 160;

/// A service as the provider names it.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    /// AWS product code, `x_ServiceCode`.
    pub code: &'static str,
    /// FOCUS ServiceName.
    pub name: &'static str,
    /// FOCUS ServiceCategory.
    pub category: &'static str,
    /// FOCUS ServiceSubcategory.
    pub subcategory: &'static str,
    /// What a resource of it is called in an ARN.
    pub resource: &'static str,
    /// What quantities are in.
    pub unit: &'static str,
    /// Who sells it; a place in [`SELLERS`].
    pub seller: u8,
    /// Whether commitments cover it.
    pub is_committed: bool,
}

/// FOCUS PublisherName; the first is the provider, the others sell through its marketplace.
pub const SELLERS: [&str; 5] = ["AWS", "Datadog, Inc.", "MongoDB, Inc.", "Snowflake Inc.", "Red Hat, Inc."];

const fn aws(
    [code, name, category, subcategory]: [&'static str; 4],
    resource: &'static str,
    unit: &'static str,
    is_committed: bool,
) -> Service {
    Service { code, name, category, subcategory, resource, unit, seller: 0, is_committed }
}

const fn sold(code: &'static str, name: &'static str, seller: u8) -> Service {
    let (category, subcategory) = ("Other", "Other (Other)");
    Service { code, name, category, subcategory, resource: "subscription", unit: "Units", seller, is_committed: false }
}

/// Most used first.
pub const SERVICES: [Service; 36] = [
    aws(["AmazonEC2", "Amazon Elastic Compute Cloud", "Compute", "Virtual Machines"], "instance", "Hrs", true),
    aws(["AmazonS3", "Amazon Simple Storage Service", "Storage", "Object Storage"], "bucket", "GB-Mo", false),
    aws(["AWSLambda", "AWS Lambda", "Compute", "Serverless Compute"], "function", "Lambda-GB-Second", true),
    aws(["AmazonCloudWatch", "AmazonCloudWatch", "Management and Governance", "Observability"], "alarm", "Metrics", false),
    aws(["AmazonRDS", "Amazon Relational Database Service", "Databases", "Relational Databases"], "db", "Hrs", true),
    aws(["awskms", "AWS Key Management Service", "Security", "Other (Security)"], "key", "Requests", false),
    aws(["AmazonVPC", "Amazon Virtual Private Cloud", "Networking", "Network Infrastructure"], "vpc", "Hrs", false),
    aws(["AWSELB", "Elastic Load Balancing", "Networking", "Application Networking"], "loadbalancer", "LCU-Hrs", false),
    aws(["AmazonDynamoDB", "Amazon DynamoDB", "Databases", "NoSQL Databases"], "table", "ReadCapacityUnit-Hrs", false),
    aws(["AWSQueueService", "Amazon Simple Queue Service", "Integration", "Messaging"], "queue", "Requests", false),
    aws(["AmazonECS", "Amazon Elastic Container Service", "Compute", "Containers"], "service", "vCPU-Hours", true),
    aws(["AmazonEKS", "Amazon Elastic Container Service for Kubernetes", "Compute", "Containers"], "cluster", "Hours", false),
    aws(["AmazonElastiCache", "Amazon ElastiCache", "Databases", "Caching"], "cluster", "Hrs", true),
    aws(["AWSSecretsManager", "AWS Secrets Manager", "Security", "Secrets Management"], "secret", "Secrets", false),
    aws(["AmazonSNS", "Amazon Simple Notification Service", "Integration", "Messaging"], "topic", "Notifications", false),
    aws(["AmazonApiGateway", "Amazon API Gateway", "Networking", "Application Networking"], "restapi", "Requests", false),
    aws(["AWSCloudTrail", "AWS CloudTrail", "Management and Governance", "Governance"], "trail", "Events", false),
    aws(["AmazonECR", "Amazon EC2 Container Registry (ECR)", "Compute", "Containers"], "repository", "GB-Mo", false),
    aws(["AmazonCloudFront", "Amazon CloudFront", "Networking", "Content Delivery"], "distribution", "GB", false),
    aws(["AmazonRoute53", "Amazon Route 53", "Networking", "DNS"], "hostedzone", "Queries", false),
    aws(["AWSGlue", "AWS Glue", "Analytics", "Data Processing"], "job", "DPU-Hour", false),
    aws(["AmazonAthena", "Amazon Athena", "Analytics", "Analytics Platforms"], "workgroup", "Terabytes", false),
    aws(["AmazonRedshift", "Amazon Redshift", "Analytics", "Data Warehouses"], "cluster", "Hrs", true),
    aws(["AmazonKinesis", "Amazon Kinesis", "Analytics", "Streaming Analytics"], "stream", "ShardHour", false),
    aws(["AmazonEFS", "Amazon Elastic File System", "Storage", "File System Storage"], "file-system", "GB-Mo", false),
    aws(["AWSConfig", "AWS Config", "Management and Governance", "Compliance"], "config-rule", "ConfigRuleEvaluations", false),
    aws(["AmazonGuardDuty", "Amazon GuardDuty", "Security", "Threat Detection and Response"], "detector", "GB", false),
    aws(["AmazonSageMaker", "Amazon SageMaker", "AI and Machine Learning", "AI Platforms"], "endpoint", "Hrs", true),
    aws(["AmazonBedrock", "Amazon Bedrock", "AI and Machine Learning", "Generative AI"], "model", "1K tokens", false),
    aws(["AmazonES", "Amazon OpenSearch Service", "Analytics", "Search"], "domain", "Hrs", true),
    aws(["AWSDataTransfer", "AWS Data Transfer", "Networking", "Network Infrastructure"], "transfer", "GB", false),
    aws(["AWSBackup", "AWS Backup", "Storage", "Backup Storage"], "vault", "GB-Mo", false),
    sold("8m3x0datadog2code", "Datadog Pro", 1),
    sold("6kq1mongodb7code", "MongoDB Atlas", 2),
    sold("2zt9snowflake4code", "Snowflake Data Cloud", 3),
    sold("5redhat1example0code", "Red Hat Enterprise Linux", 4),
];

/// FOCUS RegionId and RegionName.
pub const REGIONS: [(&str, &str); 12] = [
    ("us-east-1", "US East (N. Virginia)"),
    ("us-west-2", "US West (Oregon)"),
    ("eu-west-1", "EU (Ireland)"),
    ("eu-central-1", "EU (Frankfurt)"),
    ("us-east-2", "US East (Ohio)"),
    ("ap-southeast-1", "Asia Pacific (Singapore)"),
    ("ap-northeast-1", "Asia Pacific (Tokyo)"),
    ("ap-southeast-2", "Asia Pacific (Sydney)"),
    ("eu-west-2", "EU (London)"),
    ("sa-east-1", "South America (Sao Paulo)"),
    ("ca-central-1", "Canada (Central)"),
    ("ap-south-1", "Asia Pacific (Mumbai)"),
];

/// The keys of tags. The tree names all but the last two.
pub const TAG_KEYS: [&str; 6] = ["team", "application", "environment", "cost_center", "owner", "managed_by"];
/// Values of `environment`.
pub const ENVIRONMENTS: [&str; 4] = ["prod", "staging", "dev", "test"];
/// Values of `managed_by`.
pub const MANAGERS: [&str; 3] = ["terraform", "helm", "console"];

/// What a resource is used for: all that the cube tells apart of its usage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Deployment {
    /// A place among the accounts.
    pub account: u16,
    /// A place in [`SERVICES`].
    pub service: u8,
    /// A place in [`REGIONS`].
    pub region: u8,
    /// Whether it has tags.
    pub is_tagged: bool,
    /// A place among the teams.
    pub team: u16,
    /// A place among the applications of the team.
    pub application: u8,
    /// A place in [`ENVIRONMENTS`].
    pub environment: u8,
    /// One more than the commitment that covers it; nought without one.
    pub commitment: u16,
}

/// The company.
#[derive(Debug)]
pub struct Company {
    deployments: Vec<Deployment>,
    resources: Zipf,
    accounts: Zipf,
    services: Zipf,
}

impl Default for Company {
    fn default() -> Company {
        Company::new()
    }
}

impl Company {
    /// The one company.
    pub fn new() -> Company {
        let (accounts, services) = (Zipf::new(ACCOUNTS), Zipf::new(SERVICES.len()));
        let mut random = Random::new(SEED);
        let deployments = (0..DEPLOYMENTS).map(|_| deployment(&mut random, &accounts, &services)).collect();
        Company { deployments, resources: Zipf::new(RESOURCES), accounts, services }
    }

    /// A resource, the first far more often than the last.
    pub fn resource(&self, random: &mut Random) -> u32 {
        u32::try_from(self.resources.pick(random)).expect("INVARIANT: resources fit 32 bits")
    }

    /// What a resource is used for.
    pub fn deployment(&self, resource: u32) -> Deployment {
        let place = mix(u64::from(resource) ^ SEED) % DEPLOYMENTS as u64;
        self.deployments[usize::try_from(place).expect("INVARIANT: a place in a list")]
    }

    /// An account, a service and a region without a resource: what credits and purchases are about.
    pub fn no_resource(&self, random: &mut Random) -> Deployment {
        Deployment { account: narrow(self.accounts.pick(random)), service: small(self.services.pick(random)), ..Deployment::default() }
    }
}

fn deployment(random: &mut Random, accounts: &Zipf, services: &Zipf) -> Deployment {
    let account = accounts.pick(random);
    let service = services.pick(random);
    // An account is in four regions, mostly in the first, and has eight teams.
    let region = mix(account as u64 * 4 + first_of_few(random, 4)) % REGIONS.len() as u64;
    let team = mix(1_000_000 + account as u64 * 8 + random.below(8)) % TEAMS as u64;
    let is_covered = SERVICES[service].is_committed && random.permille(300);
    let commitment = if is_covered { 1 + mix(account as u64 * 40 + service as u64) % COMMITMENTS as u64 } else { 0 };
    Deployment {
        account: narrow(account),
        service: small(service),
        region: u8::try_from(region).expect("INVARIANT: few regions"),
        is_tagged: random.permille(700),
        team: u16::try_from(team).expect("INVARIANT: few teams"),
        application: small(random.place(APPLICATIONS_OF_A_TEAM)),
        environment: u8::try_from(first_of_few(random, 4)).expect("INVARIANT: few environments"),
        commitment: u16::try_from(commitment).expect("INVARIANT: few commitments"),
    }
}

/// Nought half of the time, else one half of the rest, and so on.
fn first_of_few(random: &mut Random, few: u64) -> u64 {
    u64::from(random.number().trailing_zeros()).min(few - 1)
}

fn narrow(place: usize) -> u16 {
    u16::try_from(place).expect("INVARIANT: few accounts")
}

fn small(place: usize) -> u8 {
    u8::try_from(place).expect("INVARIANT: a short list")
}

/// FOCUS SubAccountId.
pub fn account_id(account: usize) -> String {
    format!("{}", 100_000_000_000 + mix(account as u64) % 900_000_000_000)
}

/// FOCUS SubAccountName.
pub fn account_name(account: usize) -> String {
    format!("{}-{}-{account:03}", WORDS[account % WORDS.len()], ENVIRONMENTS[account / 7 % ENVIRONMENTS.len()])
}

/// Value of the tag `team`.
pub fn team_name(team: usize) -> String {
    format!("{}-{}", WORDS[team / 10 % WORDS.len()], TEAM_KINDS[team % 10])
}

/// Value of the tag `application`.
pub fn application_name(team: usize, application: usize) -> String {
    let kinds = APPLICATION_KINDS.len();
    format!("{}-{}{}", team_name(team), APPLICATION_KINDS[application % kinds], application / kinds + 1)
}

/// Value of the tag `cost_center`: some teams share one.
pub fn cost_center(team: usize) -> String {
    format!("cc-{}", 4_000 + team / 2 * 10)
}

/// Value of the tag `owner`.
pub fn owner(team: usize) -> String {
    format!("{}@meridian.example", team_name(team))
}

const WORDS: [&str; 24] = [
    "checkout",
    "search",
    "payments",
    "catalog",
    "identity",
    "shipping",
    "pricing",
    "inventory",
    "loyalty",
    "mobile",
    "web",
    "data",
    "ml",
    "platform",
    "security",
    "support",
    "finance",
    "marketing",
    "returns",
    "warehouse",
    "fraud",
    "reviews",
    "stores",
    "partners",
];
const TEAM_KINDS: [&str; 10] = ["core", "api", "growth", "ops", "data", "apps", "infra", "quality", "edge", "labs"];
const APPLICATION_KINDS: [&str; 8] = ["api", "worker", "frontend", "batch", "cache", "stream", "admin", "etl"];
