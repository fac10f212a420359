//! AWS product codes in FOCUS service categories.
//! <https://focus.finops.org/focus-specification/v1-3/#servicecategory>

/// The category of a product code; `Other` for one that is not listed, marketplace products among them.
pub(crate) fn of(product_code: &str) -> &'static str {
    match product_code {
        "" => "",
        "AmazonBedrock" | "AmazonSageMaker" | "AmazonComprehend" | "AmazonRekognition" | "AmazonTextract" | "AmazonPolly" | "AmazonLex"
        | "AmazonKendra" | "AmazonPersonalize" | "AmazonForecast" | "AmazonQ" | "transcribe" | "translate" => "AI and Machine Learning",
        "AmazonAthena"
        | "AmazonRedshift"
        | "ElasticMapReduce"
        | "AWSGlue"
        | "AmazonKinesis"
        | "AmazonKinesisFirehose"
        | "AmazonKinesisAnalytics"
        | "AmazonQuickSight"
        | "AmazonES"
        | "AmazonMSK"
        | "AWSLakeFormation"
        | "AWSDataExchange" => "Analytics",
        "AmazonConnect"
        | "AmazonWorkMail"
        | "AmazonChimeBusinessCalling"
        | "AmazonChime"
        | "AmazonPinpoint"
        | "AmazonWorkDocs"
        | "ContactCenterTelecomm" => "Business Applications",
        "AmazonEC2"
        | "AWSLambda"
        | "AmazonECS"
        | "AmazonEKS"
        | "AmazonECR"
        | "AmazonECRPublic"
        | "AmazonLightsail"
        | "AWSElasticBeanstalk"
        | "AWSBatch"
        | "AWSAppRunner"
        | "ComputeSavingsPlans"
        | "AmazonWorkSpaces"
        | "AWSOutposts"
        | "AmazonAppStream" => "Compute",
        "AmazonRDS" | "AmazonDynamoDB" | "AmazonElastiCache" | "AmazonDocDB" | "AmazonNeptune" | "AmazonMemoryDB" | "AmazonTimestream"
        | "AmazonSimpleDB" | "AmazonDAX" | "AmazonMCS" | "AmazonQLDB" => "Databases",
        "CodeBuild" | "AWSCodePipeline" | "AWSCodeCommit" | "AWSCodeDeploy" | "AWSCodeArtifact" | "AWSXRay" | "AWSCloud9" => {
            "Developer Tools"
        }
        "AmazonCognito" | "AWSDirectoryService" => "Identity",
        "AmazonSNS" | "AWSQueueService" | "AWSEvents" | "AmazonStates" | "AmazonMQ" | "AmazonMWAA" | "AmazonSWF" | "AWSAppSync"
        | "AmazonAppFlow" | "AWSB2Bi" => "Integration",
        "AWSIoT"
        | "IoTDeviceManagement"
        | "IoTDeviceDefender"
        | "AWSIoTAnalytics"
        | "AWSGreengrass"
        | "AWSIoTSiteWise"
        | "AWSIoTEvents" => "Internet of Things",
        "AmazonCloudWatch"
        | "AWSCloudTrail"
        | "AWSConfig"
        | "AWSSystemsManager"
        | "AWSCloudFormation"
        | "AWSSupportBusiness"
        | "AWSSupportEnterprise"
        | "AWSSupportDeveloper"
        | "AWSDeveloperSupport"
        | "AWSCostExplorer"
        | "AWSBudgets"
        | "AWSBackup"
        | "AWSServiceCatalog"
        | "AmazonManagedGrafana"
        | "AmazonPrometheus"
        | "OCBPremiumSupport"
        | "AWSControlTower" => "Management and Governance",
        "AWSElementalMediaConvert"
        | "AWSElementalMediaLive"
        | "AWSElementalMediaPackage"
        | "AWSElementalMediaConnect"
        | "AmazonInteractiveVideoService"
        | "AWSElementalMediaTailor"
        | "AmazonETS" => "Media",
        "AWSDatabaseMigrationSvc" | "AWSTransfer" | "AWSDataSync" | "AWSMigrationHub" | "AWSApplicationMigrationService" => "Migration",
        "AWSDeviceFarm" | "AWSAmplify" => "Mobile",
        "AmazonVPC"
        | "AWSELB"
        | "AmazonCloudFront"
        | "AmazonRoute53"
        | "AmazonApiGateway"
        | "AWSDataTransfer"
        | "AWSDirectConnect"
        | "AWSGlobalAccelerator"
        | "AWSNetworkFirewall"
        | "AWSTransitGateway"
        | "AWSCloudMap"
        | "AWSPrivateLink" => "Networking",
        "awskms"
        | "AWSSecretsManager"
        | "awswaf"
        | "AmazonGuardDuty"
        | "AmazonInspector"
        | "AmazonInspectorV2"
        | "AmazonMacie"
        | "AWSSecurityHub"
        | "AWSShield"
        | "AWSCertificateManager"
        | "CloudHSM"
        | "AmazonDetective"
        | "AWSFMS"
        | "AmazonSecurityLake" => "Security",
        "AmazonS3"
        | "AmazonEFS"
        | "AmazonFSx"
        | "AmazonGlacier"
        | "AmazonS3GlacierDeepArchive"
        | "AWSStorageGateway"
        | "AWSSnowball"
        | "IngestionServiceSnowball" => "Storage",
        "AmazonSES" | "AmazonCloudSearch" | "AmazonLocationService" => "Web",
        _ => "Other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn product_codes_have_a_service_category() {
        for (code, category) in [
            ("AmazonEC2", "Compute"),
            ("AmazonS3", "Storage"),
            ("AmazonRDS", "Databases"),
            ("awskms", "Security"),
            ("AWSQueueService", "Integration"),
            ("8m3x0example1marketplace2code", "Other"),
            ("", ""),
        ] {
            assert_eq!(of(code), category, "{code}");
        }
    }
}
