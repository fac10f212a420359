//! The made-up company: its teams, its accounts, and what each spends as the months go by.

/// Months that are made: six closed ones and the running one.
pub const MONTHS: u32 = 7;

/// An AWS account, an Azure subscription or a Google Cloud project.
#[derive(Debug)]
pub struct Account {
    /// The provider's identifier.
    pub id: &'static str,
    /// Name.
    pub name: &'static str,
    /// `prod`, `staging` or `dev`.
    pub env: &'static str,
    /// Whether its address makes the provider add sales tax.
    pub taxed: bool,
    /// For Azure: place of its billing profile.
    pub profile: usize,
}

const fn account(id: &'static str, name: &'static str, env: &'static str, taxed: bool) -> Account {
    Account { id, name, env, taxed, profile: 0 }
}

const fn subscription(id: &'static str, name: &'static str, env: &'static str, taxed: bool, profile: usize) -> Account {
    Account { id, name, env, taxed, profile }
}

/// The AWS accounts; the first pays for all.
pub static AWS_ACCOUNTS: [Account; 14] = [
    account("410283771560", "meridian-payer", "prod", false),
    account("410283771621", "web-shop-prod", "prod", false),
    account("410283771684", "web-shop-nonprod", "staging", false),
    account("527719038245", "mobile-prod", "prod", false),
    account("527719038306", "fulfilment-prod", "prod", true),
    account("638405521917", "payments-prod", "prod", true),
    account("744190263358", "stores-prod", "prod", true),
    account("744190263419", "stores-nonprod", "dev", true),
    account("851366407722", "data-prod", "prod", false),
    account("851366407783", "data-lab", "dev", false),
    account("902577148836", "ml-prod", "prod", false),
    account("933081645270", "platform-shared", "prod", false),
    account("933081645331", "network-hub", "prod", false),
    account("967742310584", "harbour-acquired", "prod", false),
];

/// The Azure billing profiles: identifier and name.
pub static AZURE_PROFILES: [(&str, &str); 2] = [
    (
        "/providers/Microsoft.Billing/billingAccounts/7c2e41d0-5b7a:91f3a6e8_2019-05-31/billingProfiles/MRO4-7H2K-BG7-PGB",
        "Meridian Retail Operations",
    ),
    (
        "/providers/Microsoft.Billing/billingAccounts/7c2e41d0-5b7a:91f3a6e8_2019-05-31/billingProfiles/MDA9-3TQX-BG7-PGB",
        "Meridian Data and AI",
    ),
];

/// The Azure subscriptions.
pub static SUBSCRIPTIONS: [Account; 8] = [
    subscription("/subscriptions/1f0c6a52-93b4-4e1d-8a70-2d5be8c40a11", "stores-prod", "prod", true, 0),
    subscription("/subscriptions/2b7de410-6c58-4f92-9d31-70a4c1e6f522", "stores-nonprod", "dev", true, 0),
    subscription("/subscriptions/3e94b7c8-0d2f-4a6b-8c15-f6b93d70e833", "online-prod", "prod", false, 0),
    subscription("/subscriptions/4a15d8f6-b7e3-4c09-9e42-08d2a6f5c744", "connectivity", "prod", false, 0),
    subscription("/subscriptions/5d83f2a9-4e6c-4b17-8f08-c9e417ab0655", "data-prod", "prod", false, 1),
    subscription("/subscriptions/6c2079e1-f5ad-4d38-9b64-3a8e5d1f7266", "ai-prod", "prod", false, 1),
    subscription("/subscriptions/7e46c05b-28d9-4f7a-8a93-e15b7c60d977", "ai-lab", "dev", false, 1),
    subscription("/subscriptions/8b91a3d7-c604-4e25-9c7f-5f02d8be4188", "trial-2025", "dev", false, 0),
];

/// The Google Cloud billing account: identifier and name.
pub const GOOGLE_BILLING_ACCOUNT: (&str, &str) = ("01B7E2-4C90AD-8F31D6", "Meridian Retail, euros");

/// The Google Cloud projects.
pub static PROJECTS: [Account; 3] = [
    account("meridian-data-prod", "Data platform", "prod", true),
    account("meridian-shop-ml", "Shop models", "prod", true),
    account("meridian-stores-insight", "Store insight", "prod", true),
];

/// What kind of software a team runs: decides which services it uses, most used first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Pages and their back ends.
    Web,
    /// Full-text search.
    Search,
    /// Services that react to events.
    Events,
    /// Card data and secrets.
    Payments,
    /// Software in shops.
    Stores,
    /// Streams and pipelines.
    Pipelines,
    /// The data warehouse.
    Warehouse,
    /// Machine learning.
    Learning,
    /// Language models.
    Assistant,
    /// What all teams build on.
    Platform,
    /// The network between everything.
    Network,
    /// The gateway in front of everything.
    Gateway,
    /// Servers that somebody moved as they were.
    Legacy,
}

/// Who spends: a team, the people behind a shared pool, or somebody whom the tree does not know.
#[derive(Debug)]
pub struct Spender {
    /// The value of its `team` tag; for teams, the identifier of the cost group.
    pub team: &'static str,
    /// The value of its `product` tag.
    pub product: &'static str,
    /// The value of its `cost-center` tag.
    pub cost_center: &'static str,
    /// What it runs.
    pub profile: Profile,
    /// Dollars a month on AWS at the start.
    pub aws: i128,
    /// Dollars a month on Azure at the start.
    pub azure: i128,
    /// Euros a month on Google Cloud at the start.
    pub google: i128,
    /// Growth from month to month, in permille.
    pub growth: i128,
    /// Places in [`AWS_ACCOUNTS`] with the share of each.
    pub accounts: &'static [(usize, u64)],
    /// Places in [`SUBSCRIPTIONS`] with the share of each.
    pub subscriptions: &'static [(usize, u64)],
    /// Places in [`PROJECTS`] with the share of each.
    pub projects: &'static [(usize, u64)],
    /// Whether the spring sale moves it.
    pub seasonal: bool,
    /// How many of a thousand resources are tagged.
    pub tagged: u64,
    /// Whether it is one of the twenty teams of the tree.
    pub in_tree: bool,
}

struct Place(&'static [(usize, u64)], &'static [(usize, u64)]);

const WEB: Place = Place(&[(1, 85), (2, 15)], &[(2, 1)]);
const MOBILE: Place = Place(&[(3, 90), (2, 10)], &[(2, 1)]);
const FULFILMENT: Place = Place(&[(4, 1)], &[(2, 1)]);
const PAYMENTS: Place = Place(&[(5, 1)], &[(2, 1)]);
const STORES: Place = Place(&[(6, 80), (7, 20)], &[(0, 85), (1, 15)]);
const DATA: Place = Place(&[(8, 85), (9, 15)], &[(4, 1)]);
const LEARNING: Place = Place(&[(10, 80), (9, 20)], &[(5, 80), (6, 20)]);

const DATA_PROJECT: &[(usize, u64)] = &[(0, 1)];
const SHOP_MODELS: &[(usize, u64)] = &[(1, 85), (0, 15)];
const STORE_INSIGHT: &[(usize, u64)] = &[(2, 1)];

const fn team(names: [&'static str; 3], profile: Profile, dollars: [i128; 2], growth: i128, place: Place) -> Spender {
    let [team, product, cost_center] = names;
    let [aws, azure] = dollars;
    let Place(accounts, subscriptions) = place;
    Spender {
        team,
        product,
        cost_center,
        profile,
        aws,
        azure,
        google: 0,
        growth,
        accounts,
        subscriptions,
        projects: &[],
        seasonal: false,
        tagged: 635,
        in_tree: true,
    }
}

const fn online(names: [&'static str; 3], profile: Profile, dollars: [i128; 2], growth: i128, place: Place) -> Spender {
    let mut spender = team(names, profile, dollars, growth, place);
    spender.seasonal = true;
    spender
}

const fn on_google(mut spender: Spender, euros: i128, projects: &'static [(usize, u64)]) -> Spender {
    (spender.google, spender.projects) = (euros, projects);
    spender
}

const fn shared(name: &'static str, profile: Profile, dollars: [i128; 2], place: Place) -> Spender {
    let mut spender = team([name, "platform", "4900"], profile, dollars, 12, place);
    spender.tagged = 790;
    spender.in_tree = false;
    spender
}

const fn unknown(name: &'static str, cost_center: &'static str, dollars: [i128; 2], place: Place) -> Spender {
    let mut spender = team([name, "harbour", cost_center], Profile::Legacy, dollars, -8, place);
    spender.tagged = 350;
    spender.in_tree = false;
    spender
}

/// Everybody who spends.
pub static SPENDERS: [Spender; 25] = [
    on_google(team(["tills", "point-of-sale", "4110"], Profile::Stores, [8_400, 6_500], 9, STORES), 420, STORE_INSIGHT),
    team(["store-devices", "point-of-sale", "4120"], Profile::Stores, [2_900, 9_800], 14, STORES),
    on_google(team(["inventory", "store-operations", "4130"], Profile::Stores, [16_500, 0], 6, STORES), 760, STORE_INSIGHT),
    on_google(team(["pricing", "store-operations", "4140"], Profile::Events, [6_700, 0], 11, STORES), 1_350, STORE_INSIGHT),
    team(["workforce", "store-operations", "4150"], Profile::Stores, [0, 520], 4, STORES),
    online(["storefront", "web-shop", "4210"], Profile::Web, [27_000, 0], 13, WEB),
    online(["search", "web-shop", "4220"], Profile::Search, [19_500, 0], 16, WEB),
    online(["catalogue", "web-shop", "4230"], Profile::Web, [11_200, 0], 8, WEB),
    online(["checkout", "web-shop", "4240"], Profile::Events, [16_800, 0], 12, WEB),
    online(["mobile-apps", "mobile", "4250"], Profile::Web, [7_300, 1_100], 21, MOBILE),
    online(["loyalty", "mobile", "4260"], Profile::Events, [3_500, 0], 5, MOBILE),
    online(["orders", "fulfilment", "4270"], Profile::Events, [14_600, 0], 10, FULFILMENT),
    online(["delivery", "fulfilment", "4280"], Profile::Events, [5_400, 2_000], 17, FULFILMENT),
    online(["payments", "payments-and-risk", "4290"], Profile::Payments, [12_600, 0], 9, PAYMENTS),
    online(["fraud", "payments-and-risk", "4295"], Profile::Learning, [5_000, 3_400], 19, PAYMENTS),
    on_google(team(["ingestion", "data-services", "4310"], Profile::Pipelines, [15_800, 2_500], 11, DATA), 1_850, DATA_PROJECT),
    on_google(team(["warehouse", "data-services", "4320"], Profile::Warehouse, [31_000, 10_200], 12, DATA), 3_900, DATA_PROJECT),
    on_google(team(["recommendations", "shop-intelligence", "4330"], Profile::Learning, [24_500, 6_000], 15, LEARNING), 2_300, SHOP_MODELS),
    on_google(team(["forecasting", "shop-intelligence", "4340"], Profile::Learning, [2_100, 7_900], 7, LEARNING), 880, SHOP_MODELS),
    team(["assistant", "shop-intelligence", "4350"], Profile::Assistant, [700, 6_200], 0, LEARNING),
    shared("platform", Profile::Platform, [17_500, 5_200], Place(&[(11, 1)], &[(3, 1)])),
    shared("network", Profile::Network, [6_100, 4_100], Place(&[(12, 1)], &[(3, 1)])),
    shared("gateway", Profile::Gateway, [5_300, 0], Place(&[(11, 1)], &[(3, 1)])),
    unknown("harbour-web", "7710", [9_400, 0], Place(&[(13, 1)], &[(7, 1)])),
    unknown("trial", "", [0, 1_450], Place(&[(13, 1)], &[(7, 1)])),
];

/// How much of its AWS spending the migrating team (`inventory`) still has there, in permille, by month.
const MIGRATION: [i128; MONTHS as usize] = [1000, 960, 820, 560, 310, 120, 60];

/// What the team that starts in the third month (`assistant`) spends, in permille of its base.
const START: [i128; MONTHS as usize] = [0, 0, 260, 640, 1080, 1690, 2050];

/// The spring sale, in permille.
const SALE: [i128; MONTHS as usize] = [1000, 1000, 1010, 1060, 1210, 1030, 1000];

impl Spender {
    /// Millionths of a dollar in the whole of a month on (AWS, Azure), before chance.
    pub fn budget(&self, month: u32) -> (i128, i128) {
        let place = month as usize;
        let mut factor = self.grown(month);
        if self.seasonal {
            factor = factor * SALE[place] / 1000;
        }
        if self.team == "assistant" {
            factor = factor * START[place] / 1000;
        }
        let (mut aws, mut azure) = (self.aws * factor, self.azure * factor);
        if self.team == "inventory" {
            // What leaves one provider arrives at the other a little cheaper.
            azure += aws * (1000 - MIGRATION[place]) / 1000 * 91 / 100;
            aws = aws * MIGRATION[place] / 1000;
        }
        (aws, azure)
    }

    /// Millionths of a euro in the whole of a month on Google Cloud, before chance.
    pub fn google_budget(&self, month: u32) -> i128 {
        self.google * self.grown(month)
    }

    /// What a millionth has grown to.
    fn grown(&self, month: u32) -> i128 {
        (0..month).fold(1_000_000, |factor, _| factor * (1000 + self.growth) / 1000)
    }
}

/// The share of its budget that a team still gives to a service, in permille of what it would.
pub fn fashion(team: &str, service: &str, month: u32) -> u64 {
    // The warehouse leaves its cluster for queries on files: the one is switched off in the fifth month.
    match (team, service, month) {
        ("warehouse", "AmazonRedshift", 0..=1) => 1000,
        ("warehouse", "AmazonRedshift", 2) => 720,
        ("warehouse", "AmazonRedshift", 3) => 280,
        ("warehouse", "AmazonRedshift", _) => 0,
        ("warehouse", "AmazonAthena", _) => 1000 + 900 * u64::from(month.min(4)),
        _ => 1000,
    }
}

/// The services that a kind of software uses on AWS, most used first.
pub fn aws_services(profile: Profile) -> &'static [&'static str] {
    match profile {
        Profile::Web => &[
            "AmazonEC2",
            "AmazonRDS",
            "AmazonCloudFront",
            "AmazonElastiCache",
            "AmazonS3",
            "AmazonDynamoDB",
            "AWSDataTransfer",
            "AWSELB",
            "AWSLambda",
            "AmazonCloudWatch",
            "AWSQueueService",
            "AWSSecretsManager",
            "awskms",
        ],
        Profile::Search => &[
            "AmazonEC2",
            "AmazonES",
            "AmazonECS",
            "AmazonS3",
            "AWSDataTransfer",
            "AWSELB",
            "AWSLambda",
            "AmazonCloudWatch",
            "AWSQueueService",
        ],
        Profile::Events => &[
            "AmazonECS",
            "AmazonDynamoDB",
            "AmazonRDS",
            "AWSLambda",
            "AmazonKinesis",
            "AWSQueueService",
            "AmazonS3",
            "AmazonCloudWatch",
            "AmazonStates",
            "AmazonSNS",
            "awskms",
        ],
        Profile::Payments => &[
            "AmazonECS",
            "AmazonRDS",
            "AmazonDynamoDB",
            "AWSLambda",
            "awskms",
            "AmazonCloudWatch",
            "awswaf",
            "AWSSecretsManager",
            "AmazonS3",
            "AWSQueueService",
        ],
        Profile::Stores => &[
            "AmazonEC2",
            "AmazonRDS",
            "AmazonS3",
            "AWSLambda",
            "AWSIoT",
            "AWSDataTransfer",
            "AmazonCloudWatch",
            "AWSQueueService",
            "AmazonSNS",
        ],
        Profile::Pipelines => &[
            "AmazonEC2",
            "AmazonS3",
            "AmazonMSK",
            "AmazonKinesis",
            "AWSGlue",
            "AWSLambda",
            "AWSDataTransfer",
            "AmazonCloudWatch",
            "awskms",
        ],
        Profile::Warehouse => {
            &["AmazonRedshift", "AmazonS3", "AWSGlue", "AmazonAthena", "AmazonEC2", "AWSDataTransfer", "AmazonCloudWatch", "awskms"]
        }
        Profile::Learning => {
            &["AmazonSageMaker", "AmazonEC2", "AmazonS3", "AmazonBedrock", "AWSLambda", "AmazonECR", "AmazonDynamoDB", "AmazonCloudWatch"]
        }
        Profile::Assistant => &["AmazonS3", "AWSLambda", "AmazonCloudWatch"],
        Profile::Platform => {
            &["AmazonEKS", "AmazonEC2", "AmazonCloudWatch", "AmazonS3", "AmazonGuardDuty", "AmazonECR", "AWSConfig", "AWSSecretsManager"]
        }
        Profile::Network => &["AmazonVPC", "AWSDataTransfer", "AWSDirectConnect", "AmazonRoute53", "AWSELB"],
        Profile::Gateway => &["AmazonApiGateway", "AmazonCloudFront", "awswaf", "AWSLambda", "AmazonCloudWatch"],
        Profile::Legacy => &["AmazonEC2", "AmazonRDS", "AmazonS3", "AWSDataTransfer"],
    }
}

/// The services that a kind of software uses on Azure, most used first.
pub fn azure_services(profile: Profile) -> &'static [&'static str] {
    match profile {
        Profile::Web | Profile::Search => &["Azure App Service", "Azure Cosmos DB", "Storage Accounts", "Bandwidth", "Azure Monitor"],
        Profile::Events | Profile::Payments => &["Azure Functions", "Event Hubs", "Azure Cosmos DB", "Storage Accounts", "Azure Monitor"],
        Profile::Stores => &["Virtual Machines", "SQL Database", "Storage Accounts", "IoT Hub", "Bandwidth", "Azure Monitor", "Key Vault"],
        Profile::Pipelines => &["Event Hubs", "Storage Accounts", "Virtual Machines", "Azure Functions", "Azure Monitor"],
        Profile::Warehouse => &["Microsoft Fabric", "Azure Databricks", "Storage Accounts", "Bandwidth", "Key Vault"],
        Profile::Learning => {
            &["Azure Databricks", "Azure Machine Learning", "Virtual Machines", "Azure OpenAI", "Storage Accounts", "Azure Monitor"]
        }
        Profile::Assistant => {
            &["Azure OpenAI", "Azure AI Search", "Azure Kubernetes Service", "Azure Cosmos DB", "Storage Accounts", "Azure Monitor"]
        }
        Profile::Platform | Profile::Gateway => &["Azure Kubernetes Service", "Azure Monitor", "Storage Accounts", "Key Vault"],
        Profile::Network => &["ExpressRoute", "VPN Gateway", "Bandwidth"],
        Profile::Legacy => &["Virtual Machines", "Storage Accounts", "SQL Database"],
    }
}

/// The services that a kind of software uses on Google Cloud, most used first.
pub fn google_services(profile: Profile) -> &'static [&'static str] {
    match profile {
        Profile::Pipelines => &["Compute Engine", "Cloud Dataflow", "Cloud Pub/Sub", "Cloud Storage", "Networking", "Cloud Logging"],
        Profile::Warehouse => &["BigQuery", "Cloud Storage", "Cloud Dataflow", "Networking", "Cloud Logging"],
        Profile::Learning => &["Vertex AI", "BigQuery", "Cloud Storage", "Cloud Run", "Cloud Logging"],
        _ => &["BigQuery", "Compute Engine", "Cloud Run", "Cloud Storage", "Cloud Pub/Sub", "Cloud Logging"],
    }
}
