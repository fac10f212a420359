//! AWS Cost and Usage Reports, in both spellings: amortisation, words, tags, refusals.

mod support;

use dayone_billing_files::{ChargeRefusal, Format};
use dayone_domain::charge::{CostBasis, Dimension, Nature, Traits};

use support::{Folder, Kept, Table, exact, pointed};

/// Names of the columns by the legacy CUR's, which CUR 2.0 spells in snake case.
const NAMES: [(&str, &str); 26] = [
    ("bill/PayerAccountId", "bill_payer_account_id"),
    ("bill/BillingEntity", "bill_billing_entity"),
    ("bill/InvoicingEntity", "bill_invoicing_entity"),
    ("bill/InvoiceId", "bill_invoice_id"),
    ("bill/BillingPeriodStartDate", "bill_billing_period_start_date"),
    ("bill/BillingPeriodEndDate", "bill_billing_period_end_date"),
    ("lineItem/UsageAccountId", "line_item_usage_account_id"),
    ("lineItem/LineItemType", "line_item_line_item_type"),
    ("lineItem/UsageStartDate", "line_item_usage_start_date"),
    ("lineItem/ProductCode", "line_item_product_code"),
    ("lineItem/LegalEntity", "line_item_legal_entity"),
    ("lineItem/CurrencyCode", "line_item_currency_code"),
    ("lineItem/UnblendedCost", "line_item_unblended_cost"),
    ("product/ProductName", "product_product_name"),
    ("product/servicename", "product_servicename"),
    ("product/region", "product_region"),
    ("product/regionCode", "product_region_code"),
    ("pricing/publicOnDemandCost", "pricing_public_on_demand_cost"),
    ("reservation/ReservationARN", "reservation_reservation_a_r_n"),
    ("reservation/SubscriptionId", "reservation_subscription_id"),
    ("reservation/EffectiveCost", "reservation_effective_cost"),
    ("reservation/UnusedAmortizedUpfrontFeeForBillingPeriod", "reservation_unused_amortized_upfront_fee_for_billing_period"),
    ("reservation/UnusedRecurringFee", "reservation_unused_recurring_fee"),
    ("savingsPlan/SavingsPlanARN", "savings_plan_savings_plan_a_r_n"),
    ("savingsPlan/SavingsPlanEffectiveCost", "savings_plan_savings_plan_effective_cost"),
    ("savingsPlan/TotalCommitmentToDate", "savings_plan_total_commitment_to_date"),
];
const USED_COMMITMENT: (&str, &str) = ("savingsPlan/UsedCommitment", "savings_plan_used_commitment");

#[derive(Clone, Copy, Debug)]
enum Spelling {
    Legacy,
    Cur2,
}

const SPELLINGS: [Spelling; 2] = [Spelling::Legacy, Spelling::Cur2];

impl Spelling {
    fn name(self, legacy: &str) -> &'static str {
        let both = NAMES.iter().chain([&USED_COMMITMENT]).find(|(name, _)| *name == legacy).expect("a column of the list");
        match self {
            Spelling::Legacy => both.0,
            Spelling::Cur2 => both.1,
        }
    }

    /// A row of usage with every column that is read.
    fn row(self) -> Table {
        let names = NAMES.iter().chain([&USED_COMMITMENT]);
        let empty: Vec<(&str, &str)> = names.map(|(legacy, _)| (self.name(legacy), "")).collect();
        self.set(
            Table::of(&empty),
            &[
                ("bill/PayerAccountId", "001234567890"),
                ("bill/BillingEntity", "AWS"),
                ("bill/InvoicingEntity", "Amazon Web Services EMEA SARL"),
                ("bill/InvoiceId", "77"),
                ("bill/BillingPeriodStartDate", "2026-04-01T00:00:00Z"),
                ("bill/BillingPeriodEndDate", "2026-05-01T00:00:00Z"),
                ("lineItem/UsageAccountId", "000000000012"),
                ("lineItem/LineItemType", "Usage"),
                ("lineItem/UsageStartDate", "2026-04-03T10:00:00Z"),
                ("lineItem/ProductCode", "AmazonEC2"),
                ("lineItem/LegalEntity", "Amazon Web Services EMEA SARL"),
                ("lineItem/CurrencyCode", "USD"),
                ("lineItem/UnblendedCost", "10.5"),
            ],
        )
    }

    fn set(self, table: Table, values: &[(&str, &str)]) -> Table {
        values.iter().fold(table, |table, (column, value)| table.with(self.name(column), value))
    }

    fn charge(self, values: &[(&str, &str)]) -> Kept {
        self.set(self.row(), values).charge()
    }
}

/// Line item type, columns, billed, effective.
type Case = (&'static str, &'static [(&'static str, &'static str)], &'static str, &'static str);

/// Noise in a column that the type's rule must not look at.
const NOISE: &[(&str, &str)] = &[
    ("reservation/EffectiveCost", "1000"),
    ("reservation/UnusedAmortizedUpfrontFeeForBillingPeriod", "1000"),
    ("reservation/UnusedRecurringFee", "1000"),
    ("savingsPlan/SavingsPlanEffectiveCost", "1000"),
    ("savingsPlan/TotalCommitmentToDate", "3000"),
    ("savingsPlan/UsedCommitment", "1000"),
];

#[test]
fn amortised_cost_by_line_item_type() {
    let cases: &[Case] = &[
        // Billed at the on-demand rate of 2.40, which the negation takes back; 1.68 of the commitment paid it.
        (
            "SavingsPlanCoveredUsage",
            &[("lineItem/UnblendedCost", "2.40"), ("savingsPlan/SavingsPlanEffectiveCost", "1.68")],
            "2.40",
            "1.68",
        ),
        ("SavingsPlanNegation", &[("lineItem/UnblendedCost", "-2.40")], "-2.40", "0"),
        // 24 hours at 0.50 an hour are committed, 9.30 of the 12 were used: 12 − 9.30 = 2.70.
        (
            "SavingsPlanRecurringFee",
            &[("lineItem/UnblendedCost", "12"), ("savingsPlan/TotalCommitmentToDate", "12.00"), ("savingsPlan/UsedCommitment", "9.30")],
            "12",
            "2.70",
        ),
        // All of it was used: 12 − 12 = 0.
        (
            "SavingsPlanRecurringFee",
            &[("lineItem/UnblendedCost", "12"), ("savingsPlan/TotalCommitmentToDate", "12"), ("savingsPlan/UsedCommitment", "12.0")],
            "12",
            "0",
        ),
        ("SavingsPlanUpfrontFee", &[("lineItem/UnblendedCost", "4380")], "4380", "0"),
        // 0.0416 of the upfront fee and 0.0125 recurring for the hour, as AWS has added them up: 0.0541.
        ("DiscountedUsage", &[("lineItem/UnblendedCost", "0"), ("reservation/EffectiveCost", "0.0541")], "0", "0.0541"),
        // Unused in the period: 7.75 of the upfront fee and 3.10 recurring: 7.75 + 3.10 = 10.85.
        (
            "RIFee",
            &[
                ("lineItem/UnblendedCost", "31"),
                ("reservation/UnusedAmortizedUpfrontFeeForBillingPeriod", "7.75"),
                ("reservation/UnusedRecurringFee", "3.10"),
            ],
            "31",
            "10.85",
        ),
        // Paid upfront for a year; its months carry it as effective cost of usage.
        (
            "Fee",
            &[("lineItem/UnblendedCost", "365"), ("reservation/ReservationARN", "arn:aws:ec2:eu-west-1:1:reserved-instances/r")],
            "365",
            "0",
        ),
        // Support has no reservation.
        ("Fee", &[("lineItem/UnblendedCost", "29")], "29", "29"),
        ("Usage", &[("lineItem/UnblendedCost", "1.5")], "1.5", "1.5"),
        ("Tax", &[("lineItem/UnblendedCost", "0.19")], "0.19", "0.19"),
        ("Credit", &[("lineItem/UnblendedCost", "-47.6816938998")], "-47.6816938998", "-47.6816938998"),
        ("Refund", &[("lineItem/UnblendedCost", "-3")], "-3", "-3"),
        ("EdpDiscount", &[("lineItem/UnblendedCost", "-0.7")], "-0.7", "-0.7"),
        ("BundledDiscount", &[("lineItem/UnblendedCost", "-0.7")], "-0.7", "-0.7"),
        ("SomethingNew", &[("lineItem/UnblendedCost", "5")], "5", "5"),
    ];
    for spelling in SPELLINGS {
        for (kind, values, billed, effective) in cases {
            let noise: Vec<(&str, &str)> =
                NOISE.iter().filter(|(column, _)| !values.iter().any(|(set, _)| set == column)).copied().collect();
            let table = spelling.set(spelling.row(), &[("lineItem/LineItemType", kind)]);
            let charge = spelling.set(spelling.set(table, values), &noise).charge();
            assert_eq!(charge.cost.billed, exact(billed), "{spelling:?} {kind}");
            assert_eq!(charge.cost.effective, exact(effective), "{spelling:?} {kind}");
            assert_eq!(charge.value(Dimension::ChargeType), *kind);
        }
    }
}

#[test]
fn a_savings_plan_conserves_its_cost_over_usage_and_fee() {
    // Committed 12, used 9.30 by two instances (6.20 + 3.10), whose on-demand price was 8 + 4.
    let spelling = Spelling::Cur2;
    let rows: [&[(&str, &str)]; 5] = [
        &[
            ("lineItem/LineItemType", "SavingsPlanRecurringFee"),
            ("lineItem/UnblendedCost", "12"),
            ("savingsPlan/TotalCommitmentToDate", "12"),
            ("savingsPlan/UsedCommitment", "9.30"),
        ],
        &[
            ("lineItem/LineItemType", "SavingsPlanCoveredUsage"),
            ("lineItem/UnblendedCost", "8"),
            ("savingsPlan/SavingsPlanEffectiveCost", "6.20"),
        ],
        &[("lineItem/LineItemType", "SavingsPlanNegation"), ("lineItem/UnblendedCost", "-8")],
        &[
            ("lineItem/LineItemType", "SavingsPlanCoveredUsage"),
            ("lineItem/UnblendedCost", "4"),
            ("savingsPlan/SavingsPlanEffectiveCost", "3.10"),
        ],
        &[("lineItem/LineItemType", "SavingsPlanNegation"), ("lineItem/UnblendedCost", "-4")],
    ];
    let charges: Vec<Kept> = rows.into_iter().map(|values| spelling.charge(values)).collect();
    assert_eq!(charges.iter().map(|charge| charge.cost.billed).sum::<dayone_domain::Exact>(), exact("12"));
    assert_eq!(charges.iter().map(|charge| charge.cost.effective).sum::<dayone_domain::Exact>(), exact("12"));
}

#[test]
fn a_null_list_cost_and_nothing_unused_count_as_nought() {
    for spelling in SPELLINGS {
        assert_eq!(spelling.charge(&[("pricing/publicOnDemandCost", "")]).cost.list, Some(exact("0")));
        for (values, effective) in [
            (&[("lineItem/LineItemType", "RIFee"), ("reservation/UnusedRecurringFee", "3.10")][..], "3.10"),
            (&[("lineItem/LineItemType", "RIFee")][..], "0"),
            (&[("lineItem/LineItemType", "SavingsPlanRecurringFee"), ("savingsPlan/TotalCommitmentToDate", "12")][..], "12"),
        ] {
            assert_eq!(spelling.charge(values).cost.effective, exact(effective), "{values:?}");
        }
    }
}

#[test]
fn a_null_unblended_cost_is_refused_whatever_the_line_item_type() {
    for spelling in SPELLINGS {
        for kind in ["Usage", "Tax", "Fee", "SavingsPlanNegation", "SomethingNew"] {
            for null in ["", "NULL", "(null)"] {
                let values = [("lineItem/LineItemType", kind), ("lineItem/UnblendedCost", null)];
                let refusal = spelling.set(spelling.row().again(), &values).refusal();
                assert_eq!(pointed(&refusal), (3, spelling.name("lineItem/UnblendedCost"), ""), "{refusal}");
                assert!(refusal.reason.contains("the cost is null"), "{refusal}");
            }
        }
    }
}

#[test]
fn a_null_that_the_amortised_cost_needs_is_refused() {
    for spelling in SPELLINGS {
        for (kind, column) in [
            ("SavingsPlanCoveredUsage", "savingsPlan/SavingsPlanEffectiveCost"),
            ("SavingsPlanRecurringFee", "savingsPlan/TotalCommitmentToDate"),
            ("DiscountedUsage", "reservation/EffectiveCost"),
        ] {
            let refusal = spelling.set(spelling.row().again(), &[("lineItem/LineItemType", kind)]).refusal();
            assert_eq!(pointed(&refusal), (3, spelling.name(column), ""), "{refusal}");
            assert!(refusal.reason.contains(kind) && refusal.reason.contains("is null"), "{refusal}");
        }
    }
}

/// What a container costs of its parent is beside the parent, and no money of its own.
#[test]
fn a_share_of_split_cost_allocation_may_be_without_a_cost() {
    let columns = [
        ("splitLineItem/ParentResourceId", "split_line_item_parent_resource_id", "i-1"),
        ("splitLineItem/SplitCost", "split_line_item_split_cost", "0.5"),
        ("splitLineItem/UnusedCost", "split_line_item_unused_cost", "0"),
        ("splitLineItem/NetSplitCost", "split_line_item_net_split_cost", "0.5"),
        ("splitLineItem/NetUnusedCost", "split_line_item_net_unused_cost", "0.5"),
        ("splitLineItem/PublicOnDemandSplitCost", "split_line_item_public_on_demand_split_cost", "0.5"),
        ("splitLineItem/PublicOnDemandUnusedCost", "split_line_item_public_on_demand_unused_cost", "0.5"),
    ];
    for spelling in SPELLINGS {
        for (legacy, cur_2, value) in columns {
            let name = match spelling {
                Spelling::Legacy => legacy,
                Spelling::Cur2 => cur_2,
            };
            for kind in ["Usage", "SavingsPlanCoveredUsage", "DiscountedUsage"] {
                let share = [("lineItem/LineItemType", kind), ("lineItem/UnblendedCost", "")];
                let table = spelling.set(spelling.row().with(name, "").again(), &share).with(name, value);
                let (_, charges) = table.read().unwrap();
                assert_eq!((charges[0].cost.billed, charges[1].cost.billed), (exact("10.5"), exact("0")), "{name} {kind}");
                assert_eq!((charges[1].cost.effective, charges[1].cost.list), (exact("0"), Some(exact("0"))), "{name} {kind}");
                // What is stated counts, and a row that is no share must state it.
                let stated = spelling.set(table.clone(), &[("lineItem/LineItemType", "Usage"), ("lineItem/UnblendedCost", "2")]);
                assert_eq!(stated.read().unwrap().1[1].cost.billed, exact("2"));
                assert!(table.with(name, "").refusal().reason.contains("the cost is null"));
            }
        }
    }
}

#[test]
fn a_tag_key_with_two_values_is_refused_with_column_key_and_values() {
    let legacy = |other: &str| Spelling::Legacy.row().with_all(&[("resourceTags/user:team", "a"), ("resourceTags/team", other)]);
    let cur = |columns: &[(&str, &str)]| Spelling::Cur2.row().with_all(columns);
    let map = r#"{"user_team":"a"}"#;
    for (table, column, key) in [
        (legacy("b"), "resourceTags/team", "team"),
        (cur(&[("resource_tags", map), ("resource_tags_user_team", "b")]), "resource_tags_user_team", "team"),
        (cur(&[("resource_tags", r#"{"user_team":"a","team":"b"}"#)]), "resource_tags", "team"),
        (cur(&[("tags", r#"{"resourceTags/user:team":"a","team":"b"}"#)]), "tags", "team"),
        (
            cur(&[("resource_tags", r#"{"user_cost_category:x":"a"}"#), ("cost_category", r#"{"x":"b"}"#)]),
            "cost_category",
            "cost_category:x",
        ),
    ] {
        let refusal = table.refusal();
        assert_eq!((refusal.place.unwrap().number(), refusal.column.as_deref()), (2, Some(column)), "{refusal}");
        assert!(refusal.reason.contains(&format!("the tag key `{key}` has two values in this row, `a` and `b`")), "{refusal}");
    }
    for table in [
        legacy("a"),
        legacy(""),
        cur(&[("resource_tags", map), ("resource_tags_user_team", "a")]),
        cur(&[("resource_tags", r#"{"user_team":""}"#), ("resource_tags_user_team", "a")]),
        cur(&[("resource_tags", r#"{"user_team":"a","team":"a"}"#)]),
        cur(&[("resource_tags", map), ("cost_category", "{}")]),
    ] {
        assert_eq!(table.charge().tags, [("team".to_owned(), "a".to_owned())]);
    }
    let both = cur(&[("resource_tags", r#"{"user_cost_category:x":"a"}"#), ("cost_category", r#"{"x":"a"}"#)]);
    assert_eq!(both.charge().tags, [("cost_category:x".to_owned(), "a".to_owned())]);
}

#[test]
fn an_amortised_cost_whose_column_is_absent_is_refused() {
    for (kind, column) in [
        ("SavingsPlanCoveredUsage", "savingsPlan/SavingsPlanEffectiveCost"),
        ("SavingsPlanRecurringFee", "savingsPlan/TotalCommitmentToDate"),
        ("SavingsPlanRecurringFee", "savingsPlan/UsedCommitment"),
        ("DiscountedUsage", "reservation/EffectiveCost"),
        ("RIFee", "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod"),
        ("RIFee", "reservation/UnusedRecurringFee"),
    ] {
        for spelling in SPELLINGS {
            let row = spelling.set(spelling.row(), &[("savingsPlan/TotalCommitmentToDate", "12")]);
            let table = row.without(spelling.name(column));
            assert!(table.read().is_ok(), "usage does not need {column}");
            let refusal = spelling.set(table, &[("lineItem/LineItemType", kind)]).refusal();
            assert_eq!(pointed(&refusal), (2, spelling.name(column), ""), "{refusal}");
            assert!(refusal.reason.contains(kind), "{refusal}");
        }
    }
}

#[test]
fn a_fee_needs_the_reservation_column_of_cur_2_and_is_noted_in_a_legacy_cur() {
    let fee = |spelling: Spelling| {
        let table = spelling.row().without(spelling.name("reservation/ReservationARN"));
        spelling.set(table, &[("lineItem/LineItemType", "Fee")])
    };
    let refusal = fee(Spelling::Cur2).refusal();
    assert_eq!(pointed(&refusal), (2, "reservation_reservation_a_r_n", ""), "{refusal}");
    let (facts, charges) = fee(Spelling::Legacy).read().unwrap();
    assert_eq!(charges[0].cost.effective, exact("10.5"));
    assert!(facts.notes[0].contains("1 fees and no column reservation/ReservationARN"), "{:?}", facts.notes);
}

#[test]
fn a_discount_that_is_no_line_item_is_noted() {
    for (discount, noted) in [("-0.5", true), ("0.0", false), ("", false)] {
        let (facts, charges) = Spelling::Cur2.row().with("discount_total_discount", discount).read().unwrap();
        assert_eq!(charges[0].cost.billed, exact("10.5"));
        assert_eq!(facts.notes.iter().any(|note| note.contains("1 line items have a discount in column discount_total_discount")), noted);
    }
}

#[test]
fn a_charge_is_in_focus_words() {
    for spelling in SPELLINGS {
        let table =
            spelling.set(spelling.row(), &[("product/ProductName", "Amazon Elastic Compute Cloud"), ("product/regionCode", "eu-west-1")]);
        let (facts, charges) = table.read().unwrap();
        for (dimension, value) in [
            (Dimension::Source, "payer"),
            (Dimension::Provider, "AWS"),
            (Dimension::BillingAccount, "001234567890"),
            (Dimension::InvoiceIssuer, "Amazon Web Services EMEA SARL"),
            (Dimension::Publisher, "Amazon Web Services EMEA SARL"),
            (Dimension::SubAccount, "000000000012"),
            (Dimension::Service, "Amazon Elastic Compute Cloud"),
            (Dimension::ServiceCategory, "Compute"),
            (Dimension::Region, "eu-west-1"),
            (Dimension::ChargeCategory, "Usage"),
            (Dimension::ChargeClass, ""),
            (Dimension::ChargeMonth, "2026-04"),
            (Dimension::InvoiceId, "77"),
            (Dimension::Commitment, ""),
            (Dimension::CommitmentStatus, ""),
            (Dimension::ChargeType, "Usage"),
        ] {
            assert_eq!(charges[0].value(dimension), value, "{spelling:?} {dimension:?}");
        }
        assert_eq!((charges[0].period.as_str(), charges[0].currency.as_str()), ("2026-04", "USD"));
        assert_eq!((charges[0].cost.list, charges[0].cost.contracted), (Some(exact("0")), None));
        assert_eq!((facts.has_list, facts.has_contracted), (true, false));
        let format = match spelling {
            Spelling::Legacy => Format::LegacyCur,
            Spelling::Cur2 => Format::Cur2,
        };
        assert_eq!((facts.format, facts.notes.len()), (format, 0));
    }
}

#[test]
fn names_of_accounts_come_with_cur_2() {
    let values = [("bill_payer_account_name", "holding"), ("line_item_usage_account_name", "shop")];
    let charge = Spelling::Cur2.row().with_all(&values).charge();
    assert_eq!((charge.billing_account_name.as_str(), charge.sub_account_name.as_str()), ("holding", "shop"));
}

#[test]
fn the_service_and_region_are_the_first_that_the_row_knows() {
    let map = r#"{"product_name":"From Map","servicename":"Map Service","region":"map-1"}"#;
    for (columns, service, region) in [
        (
            &[("product_product_name", "Name"), ("product", map), ("product_region_code", "code-1"), ("product_region", "region-1")][..],
            "Name",
            "code-1",
        ),
        (&[("product", map), ("product_servicename", "Service"), ("product_region", "region-1")][..], "From Map", "region-1"),
        (&[("product", r#"{"region":"map-1"}"#), ("product_servicename", "Service")][..], "Service", "map-1"),
        (&[("product", r#"{"servicename":"Map Service"}"#)][..], "Map Service", ""),
        (&[("product", "{}")][..], "AmazonEC2", ""),
        (&[][..], "AmazonEC2", ""),
    ] {
        let charge = Spelling::Cur2.row().with_all(columns).charge();
        assert_eq!((charge.value(Dimension::Service), charge.value(Dimension::Region)), (service, region), "{columns:?}");
    }
}

#[test]
fn a_commitment_has_an_id_and_a_status() {
    for spelling in SPELLINGS {
        let row = spelling.set(
            spelling.row(),
            &[("reservation/EffectiveCost", "0.1"), ("savingsPlan/TotalCommitmentToDate", "1"), ("savingsPlan/UsedCommitment", "1")],
        );
        for (kind, column, id, commitment, status) in [
            ("SavingsPlanNegation", "savingsPlan/SavingsPlanARN", "arn:sp", "arn:sp", "Used"),
            ("SavingsPlanRecurringFee", "savingsPlan/SavingsPlanARN", "arn:sp", "arn:sp", "Unused"),
            ("DiscountedUsage", "reservation/ReservationARN", "arn:ri", "arn:ri", "Used"),
            ("RIFee", "reservation/SubscriptionId", "123", "123", "Unused"),
            ("Usage", "reservation/SubscriptionId", "123", "", ""),
        ] {
            let charge = spelling.set(row.clone(), &[("lineItem/LineItemType", kind), (column, id)]).charge();
            assert_eq!((charge.value(Dimension::Commitment), charge.value(Dimension::CommitmentStatus)), (commitment, status), "{kind}");
        }
    }
}

#[test]
fn a_marketplace_purchase_is_one_and_an_ordinary_charge_is_not() {
    for (billing, legal, nature) in [
        ("AWS", "Amazon Web Services Canada, Inc.", Nature::Usage),
        ("AWS Marketplace", "Datadog, Inc.", Nature::Marketplace),
        ("AWS Marketplace", "Amazon Web Services EMEA SARL", Nature::Marketplace),
    ] {
        let charge = Spelling::Legacy.charge(&[("bill/BillingEntity", billing), ("lineItem/LegalEntity", legal)]);
        let traits = Traits {
            category: charge.value(Dimension::ChargeCategory),
            charge_type: charge.value(Dimension::ChargeType),
            commitment_status: charge.value(Dimension::CommitmentStatus),
            provider: charge.value(Dimension::Provider),
            publisher: charge.value(Dimension::Publisher),
            issuer: charge.value(Dimension::InvoiceIssuer),
        };
        assert_eq!(Nature::of(&traits, CostBasis::Billed), nature, "{billing} {legal}");
        assert_eq!(charge.value(Dimension::Publisher), legal);
    }
}

#[test]
fn tags_are_columns_in_a_legacy_cur_and_maps_in_cur_2() {
    let pairs = |table: Table| table.charge().tags.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>();
    let legacy = Spelling::Legacy.row().with_all(&[
        ("resourceTags/user:CostCenter", "42"),
        ("resourceTags/user:Empty", ""),
        ("resourceTags/aws:createdBy", "root"),
        ("costCategory/Product", "shop"),
    ]);
    assert_eq!(pairs(legacy), ["CostCenter=42", "aws:createdBy=root", "cost_category:Product=shop"]);
    let athena = Spelling::Cur2.row().with_all(&[("resource_tags_user_cost_center", "42"), ("resource_tags_aws_created_by", "root")]);
    assert_eq!(athena.read().unwrap().0.format, Format::LegacyCur);
    assert_eq!(pairs(athena), ["cost_center=42", "aws:created_by=root"]);
    let tags = r#"{"resourceTags/user:CostCenter":"42","resourceTags/aws:x":"y","accountTags/Team":"a","costCategory/Product":"shop"}"#;
    let newest =
        Spelling::Cur2.row().with_all(&[("tags", tags), ("resource_tags", r#"{"user_cost_center":"42"}"#), ("cost_category", "{}")]);
    assert_eq!(pairs(newest), ["CostCenter=42", "account:Team=a", "aws:x=y", "cost_category:Product=shop"]);
    let both = Spelling::Cur2.row().with_all(&[
        ("resource_tags", r#"{"user_team":"a"}"#),
        ("resource_tags_user_team", "a"),
        ("resource_tags_user_env", "prod"),
    ]);
    assert_eq!(pairs(both), ["team=a", "env=prod"]);
    for tags in ["{}", ""] {
        let older = Spelling::Cur2.row().with_all(&[
            ("tags", tags),
            ("resource_tags", r#"{"user_cost_center":"42","aws_x":"y"}"#),
            ("cost_category", r#"{"product":"shop"}"#),
        ]);
        assert_eq!(pairs(older), ["aws:x=y", "cost_center=42", "cost_category:product=shop"]);
    }
}

#[test]
fn a_row_that_cannot_be_read_right_is_refused_with_its_place() {
    for (column, value, reason) in [
        ("bill/PayerAccountId", "1.23457E+11", "a spreadsheet"),
        ("lineItem/UsageAccountId", "1.23457E+11", "a spreadsheet"),
        ("bill/InvoiceId", "1.23457E+11", "a spreadsheet"),
        ("bill/BillingPeriodStartDate", "4/1/2026 0:00", "a spreadsheet"),
        ("bill/BillingPeriodEndDate", "2026-06-01T00:00:00Z", "reaches beyond"),
        ("lineItem/UsageStartDate", "never", "is no date"),
        ("lineItem/CurrencyCode", "Dollar", "currency code"),
        ("lineItem/UnblendedCost", "1,5", "is not a decimal number"),
        ("lineItem/UnblendedCost", "NaN", "is not a decimal number"),
        ("pricing/publicOnDemandCost", "free", "is not a decimal number"),
    ] {
        for spelling in SPELLINGS {
            let refusal = spelling.set(spelling.row().again(), &[(column, value)]).refusal();
            assert_eq!(pointed(&refusal), (3, spelling.name(column), value), "{refusal}");
            assert!(refusal.reason.contains(reason), "{refusal}");
        }
    }
    for column in ["tags", "resource_tags", "cost_category", "product"] {
        let refusal = Spelling::Cur2.row().with(column, "{broken").refusal();
        assert_eq!(pointed(&refusal), (2, column, "{broken"), "{refusal}");
    }
}

#[test]
fn a_refusal_of_the_sink_names_the_column_as_the_file_spells_it() {
    for spelling in SPELLINGS {
        let path = Folder::new();
        let file = path.file("bill.csv", spelling.row().csv());
        let refusal = dayone_billing_files::read(&file, &support::OPTIONS, &mut |charge| {
            Err(ChargeRefusal {
                dimension: Some(Dimension::InvoiceId),
                value: Some(charge.value(Dimension::InvoiceId).to_owned()),
                reason: "is wrong".to_owned(),
                what_to_do: "ask".to_owned(),
            })
        })
        .unwrap_err();
        assert_eq!(pointed(&refusal), (2, spelling.name("bill/InvoiceId"), "77"), "{refusal}");
    }
}

#[test]
fn a_needed_column_must_be_there_once() {
    for spelling in SPELLINGS {
        for column in ["bill/BillingPeriodStartDate", "lineItem/LineItemType", "lineItem/UnblendedCost"] {
            let refusal = spelling.row().without(spelling.name(column)).refusal();
            assert_eq!((refusal.place, refusal.column.as_deref()), (None, Some(spelling.name(column))), "{refusal}");
        }
        let mut twice = spelling.row();
        twice.columns.push(spelling.name("lineItem/UnblendedCost").to_owned());
        twice.rows[0].push("1".to_owned());
        assert!(twice.refusal().reason.contains("more than once"));
    }
    let mut tags = Spelling::Legacy.row().with("resourceTags/user:Team", "a");
    tags.columns.push("resourceTags/user:Team".to_owned());
    tags.rows[0].push("b".to_owned());
    assert_eq!(tags.refusal().column.as_deref(), Some("resourceTags/user:Team"));
    let (facts, charges) = Spelling::Legacy.row().without("lineItem/CurrencyCode").read().unwrap();
    assert_eq!(charges[0].currency, "XXX");
    assert!(facts.notes[0].contains("lineItem/CurrencyCode"), "{:?}", facts.notes);
}

#[test]
fn tags_are_summed_under_the_keys_of_the_charge_however_the_file_spells_them() {
    let row = |tags: &str| Spelling::Cur2.row().with("resource_tags", tags);
    for tags in [r#"{"user_user_team":"a"}"#, r#"{"user_aws_team":"a"}"#, r#"{"aws_created_by":"a"}"#] {
        let table = row(tags).again().with("cost_category", r#"{"product":"x"}"#).again().with("cost_category", r#"{"product":"y"}"#);
        let (_, charges) = table.read().unwrap();
        assert_eq!(charges.len(), 3);
        assert_eq!((charges[1].tag("cost_category:product"), charges[2].tag("cost_category:product")), (Some("x"), Some("y")), "{tags}");
    }
}
