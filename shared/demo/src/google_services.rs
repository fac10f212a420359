//! What the demo uses of Google Cloud, with prices in euros near the public ones.

use crate::focus_service::{Region, Service, meter, service};

/// The regions in use.
pub static REGIONS: [Region; 3] = [("europe-north1", "Finland", 55), ("europe-west1", "Belgium", 30), ("europe-west4", "Netherlands", 15)];

/// The services; within one, the prices used most stand first.
pub static SERVICES: &[Service] = &[
    service(
        "BigQuery",
        ["Analytics", "Data Warehouses"],
        ["Dataset", "bigquery.googleapis.com/datasets"],
        &[
            meter("BigQuery Enterprise Edition", "0.0553", "hour"),
            meter("Analysis", "5.8275", "tebibyte"),
            meter("Active Logical Storage", "0.01864", "gibibyte month"),
        ],
    ),
    service(
        "Compute Engine",
        ["Compute", "Virtual Machines"],
        ["Instance", "compute.googleapis.com/instances"],
        &[
            meter("N2 Instance Core", "0.032348", "hour"),
            meter("N2 Instance Ram", "0.004336", "gibibyte hour"),
            meter("Balanced PD Capacity", "0.0932", "gibibyte month"),
        ],
    ),
    service(
        "Cloud Storage",
        ["Storage", "Object Storage"],
        ["Bucket", "storage.googleapis.com/buckets"],
        &[
            meter("Standard Storage", "0.01864", "gibibyte month"),
            meter("Class A Operations", "0.00000466", "count"),
            meter("Class B Operations", "0.000000373", "count"),
        ],
    ),
    service(
        "Cloud Dataflow",
        ["Analytics", "Data Processing"],
        ["Job", "dataflow.googleapis.com/jobs"],
        &[meter("vCPU Time Streaming", "0.064314", "hour"), meter("Streaming Data Processed", "0.016777", "gibibyte")],
    ),
    service(
        "Cloud Pub/Sub",
        ["Integration", "Messaging"],
        ["Topic", "pubsub.googleapis.com/topics"],
        &[meter("Message Delivery Basic", "0.037283", "gibibyte"), meter("Topics Message Storage", "0.2517", "gibibyte month")],
    ),
    service(
        "Vertex AI",
        ["AI and Machine Learning", "AI Platforms"],
        ["Custom job", "aiplatform.googleapis.com/customJobs"],
        &[
            meter("Custom Training A2 Instance Core", "0.035218", "hour"),
            meter("Online Prediction N1 Core", "0.036172", "hour"),
            meter("Embeddings Input", "0.0000000233", "count"),
        ],
    ),
    service(
        "Cloud Run",
        ["Compute", "Serverless Compute"],
        ["Service", "run.googleapis.com/services"],
        &[meter("CPU Allocation Time", "0.000016777", "second"), meter("Requests", "0.000000373", "count")],
    ),
    service(
        "Networking",
        ["Networking", "Network Connectivity"],
        ["Subnetwork", "compute.googleapis.com/subnetworks"],
        &[meter("Network Internet Data Transfer Out", "0.0792", "gibibyte")],
    ),
    service(
        "Cloud Logging",
        ["Management and Governance", "Observability"],
        ["Log bucket", "logging.googleapis.com/buckets"],
        &[meter("Log Storage", "0.466", "gibibyte"), meter("Log Retention", "0.00932", "gibibyte month")],
    ),
];

/// What tax stands under.
pub static INVOICE: Service =
    Service { name: "Invoice", category: "Other", subcategory: "Other (Other)", resource_type: "", path: "", meters: &[] };

/// The service of a name.
pub fn find(name: &str) -> &'static Service {
    SERVICES.iter().find(|service| service.name == name).unwrap_or_else(|| panic!("`{name}` stands in the list of services"))
}
