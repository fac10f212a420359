//! What the demo uses of Azure, with prices near the public ones.

use crate::focus_service::{Region, Service, meter, service};

/// The regions in use.
pub static REGIONS: [Region; 4] = [
    ("eastus2", "East US 2", 41),
    ("westeurope", "West Europe", 33),
    ("northeurope", "North Europe", 17),
    ("australiaeast", "Australia East", 9),
];

/// The services; within one, the prices used most stand first.
pub static SERVICES: &[Service] = &[
    service(
        "Virtual Machines",
        ["Compute", "Virtual Machines"],
        ["Virtual machine", "Microsoft.Compute/virtualMachines"],
        &[
            meter("D4s v5", "0.192", "Hours"),
            meter("E8s v5", "0.504", "Hours"),
            meter("B2ms", "0.0832", "Hours"),
            meter("P10 LRS Disk", "19.71", "Units/Month"),
        ],
    ),
    service(
        "Storage Accounts",
        ["Storage", "Object Storage"],
        ["Storage account", "Microsoft.Storage/storageAccounts"],
        &[
            meter("Hot LRS Data Stored", "0.0184", "GB/Month"),
            meter("Hot Write Operations", "0.0000055", "Operations"),
            meter("All Other Operations", "0.00000044", "Operations"),
        ],
    ),
    service(
        "SQL Database",
        ["Databases", "Relational Databases"],
        ["SQL database", "Microsoft.Sql/servers/databases"],
        &[meter("General Purpose vCore", "0.2522", "vCore Hours"), meter("General Purpose Data Stored", "0.115", "GB/Month")],
    ),
    service(
        "Bandwidth",
        ["Networking", "Network Connectivity"],
        ["Virtual network", "Microsoft.Network/virtualNetworks"],
        &[meter("Standard Data Transfer Out", "0.087", "GB")],
    ),
    service(
        "Azure OpenAI",
        ["AI and Machine Learning", "Generative AI"],
        ["Cognitive Services account", "Microsoft.CognitiveServices/accounts"],
        &[
            meter("Text Model Output Tokens", "0.00001", "Tokens"),
            meter("Text Model Input Tokens", "0.0000025", "Tokens"),
            meter("Embedding Tokens", "0.00000013", "Tokens"),
        ],
    ),
    service(
        "Azure AI Search",
        ["AI and Machine Learning", "AI Platforms"],
        ["Search service", "Microsoft.Search/searchServices"],
        &[meter("Standard S1 Unit", "0.336", "Hours")],
    ),
    service(
        "Azure Machine Learning",
        ["AI and Machine Learning", "AI Platforms"],
        ["Machine Learning workspace", "Microsoft.MachineLearningServices/workspaces"],
        &[meter("NC24ads A100 v4", "3.673", "Hours"), meter("D4s v5 Compute", "0.192", "Hours")],
    ),
    service(
        "Azure Kubernetes Service",
        ["Compute", "Containers"],
        ["Kubernetes service", "Microsoft.ContainerService/managedClusters"],
        &[meter("D8s v5 Node", "0.384", "Hours"), meter("Standard Uptime SLA", "0.1", "Hours")],
    ),
    service(
        "Azure Monitor",
        ["Management and Governance", "Observability"],
        ["Log Analytics workspace", "Microsoft.OperationalInsights/workspaces"],
        &[meter("Analytics Logs Data Ingestion", "2.76", "GB"), meter("Analytics Logs Data Retention", "0.12", "GB/Month")],
    ),
    service(
        "Azure Functions",
        ["Compute", "Serverless Compute"],
        ["Function app", "Microsoft.Web/sites"],
        &[meter("Standard Execution Time", "0.000016", "GB Seconds"), meter("Standard Total Executions", "0.0000002", "Executions")],
    ),
    service(
        "Azure Cosmos DB",
        ["Databases", "NoSQL Databases"],
        ["Cosmos DB account", "Microsoft.DocumentDB/databaseAccounts"],
        &[meter("100 RU/s", "0.008", "Hours"), meter("Data Stored", "0.25", "GB/Month")],
    ),
    service(
        "Azure App Service",
        ["Compute", "Serverless Compute"],
        ["App Service plan", "Microsoft.Web/serverFarms"],
        &[meter("P1 v3 App", "0.169", "Hours"), meter("B1 App", "0.018", "Hours")],
    ),
    service(
        "Event Hubs",
        ["Integration", "Messaging"],
        ["Event Hubs namespace", "Microsoft.EventHub/namespaces"],
        &[meter("Standard Throughput Unit", "0.03", "Hours"), meter("Standard Ingress Events", "0.000000028", "Events")],
    ),
    service(
        "Key Vault",
        ["Security", "Secret Management"],
        ["Key vault", "Microsoft.KeyVault/vaults"],
        &[meter("Operations", "0.000003", "Operations")],
    ),
    service(
        "Microsoft Fabric",
        ["Analytics", "Analytics Platforms"],
        ["Fabric capacity", "Microsoft.Fabric/capacities"],
        &[meter("Fabric Capacity CU", "0.18", "CU Hours"), meter("OneLake Storage", "0.023", "GB/Month")],
    ),
    service(
        "Azure Databricks",
        ["Analytics", "Data Processing"],
        ["Azure Databricks workspace", "Microsoft.Databricks/workspaces"],
        &[meter("Premium Jobs Compute DBU", "0.3", "DBU Hours"), meter("Premium All-purpose Compute DBU", "0.55", "DBU Hours")],
    ),
    service(
        "IoT Hub",
        ["Internet of Things", "IoT Platforms"],
        ["IoT hub", "Microsoft.Devices/iotHubs"],
        &[meter("Standard S2 Unit", "250", "Units/Month")],
    ),
    service(
        "ExpressRoute",
        ["Networking", "Network Connectivity"],
        ["ExpressRoute circuit", "Microsoft.Network/expressRouteCircuits"],
        &[meter("Standard Metered Data Transfer Out", "0.025", "GB"), meter("Standard 1 Gbps Circuit", "436", "Units/Month")],
    ),
    service(
        "VPN Gateway",
        ["Networking", "Network Connectivity"],
        ["Virtual network gateway", "Microsoft.Network/virtualNetworkGateways"],
        &[meter("VpnGw2 Gateway", "0.49", "Hours")],
    ),
];

/// The service of a name.
pub fn find(name: &str) -> &'static Service {
    SERVICES.iter().find(|service| service.name == name).unwrap_or_else(|| panic!("`{name}` stands in the list of services"))
}
