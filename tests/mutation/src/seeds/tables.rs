//! The rows of the seeds: a dozen charges with all that a mapping looks at.

use dayone_domain::charge::{Charge, Cost, Dimension};
use dayone_domain::cube::CubeBuilder;
use dayone_domain::period::BillingPeriod;
use dayone_domain::{Currency, Exact};

/// Columns in order and the rows' values.
#[derive(Clone, Debug)]
pub struct Table {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// A value for each column.
    pub rows: Vec<Vec<String>>,
}

const ROWS: usize = 12;

/// Costs as files spell them: exponents, signs, digits beyond a double, zeros at either end.
const COSTS: [&str; ROWS] = [
    "1.25",
    "0.0000000676",
    "6.76E-8",
    "-3.5",
    "0",
    "103.109499375",
    "1e3",
    "+0.10",
    "12345678.1234567890123456",
    "-0.00",
    "7",
    "0.333333333333333",
];

impl Table {
    /// As RFC 4180 has it.
    pub fn csv(&self) -> Vec<u8> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for record in std::iter::once(&self.columns).chain(&self.rows) {
            writer.write_record(record).expect("memory takes all");
        }
        writer.into_inner().expect("memory takes all")
    }

    /// The values of a column.
    pub fn column(&self, place: usize) -> impl Iterator<Item = &str> {
        self.rows.iter().map(move |row| row[place].as_str())
    }

    /// The same rows under other names.
    fn renamed(&self, name: impl Fn(&str) -> String) -> Table {
        Table { columns: self.columns.iter().map(|column| name(column)).collect(), rows: self.rows.clone() }
    }
}

fn table(columns: &[(&str, &dyn Fn(usize) -> String)]) -> Table {
    Table {
        columns: columns.iter().map(|(name, _)| (*name).to_owned()).collect(),
        rows: (0..ROWS).map(|row| columns.iter().map(|(_, value)| value(row)).collect()).collect(),
    }
}

fn one(text: &'static str) -> impl Fn(usize) -> String {
    move |_| text.to_owned()
}

fn of(texts: &'static [&'static str]) -> impl Fn(usize) -> String {
    move |row| texts[row % texts.len()].to_owned()
}

fn cost(step: usize) -> impl Fn(usize) -> String {
    move |row| COSTS[row * step % ROWS].to_owned()
}

const TAGS: [&str; 4] = [
    r#"{"team":"checkout","env":"prod"}"#,
    "",
    r#"{"team":"search, \"north\"","empty":"","count":12,"nested":{"a":[1,null,"x"]}}"#,
    r#"{"größe":"日本","team":null}"#,
];

fn focus() -> Table {
    table(&[
        ("ProviderName", &one("AWS")),
        ("PublisherName", &of(&["Amazon Web Services, Inc.", "Red Hat, Inc."])),
        ("InvoiceIssuerName", &one("Amazon Web Services EMEA SARL")),
        ("InvoiceId", &of(&["INV-1", "INV-1", "INV-2", ""])),
        ("BillingAccountId", &one("001234567890")),
        ("SubAccountId", &of(&["000000000012", "000000000013"])),
        ("SubAccountName", &of(&["shop", "line\nbreak, and \"mark\""])),
        ("BillingPeriodStart", &of(&["2026-04-01T00:00:00Z", "2026-04-01 00:00:00", "2026-05-01T00:00:00Z"])),
        ("BillingPeriodEnd", &of(&["2026-05-01T00:00:00Z", "2026-05-01", "2026-06-01T00:00:00Z"])),
        ("ChargePeriodStart", &of(&["2026-04-03T10:00:00Z", "2026-03-31T23:59:59Z", ""])),
        ("ChargeCategory", &of(&["Usage", "Tax", "Purchase", "Credit", "Adjustment", "Something new"])),
        ("ChargeClass", &of(&["", "", "Correction"])),
        ("BilledCost", &cost(1)),
        ("EffectiveCost", &cost(5)),
        ("ListCost", &cost(7)),
        ("ContractedCost", &cost(11)),
        ("BillingCurrency", &of(&["EUR", "EUR", "EUR", "USD"])),
        ("ServiceName", &of(&["Amazon EC2", "Amazon S3"])),
        ("ServiceCategory", &of(&["Compute", "Storage"])),
        ("RegionId", &of(&["eu-central-1", "NULL"])),
        ("CommitmentDiscountId", &of(&["", "arn:plan"])),
        ("CommitmentDiscountStatus", &of(&["", "Used"])),
        ("Tags", &of(&TAGS)),
        ("x_Ignored", &of(&["", "nobody reads this"])),
    ])
}

/// Types by which a CUR is amortised.
const TYPES: [&str; 12] = [
    "Usage",
    "SavingsPlanCoveredUsage",
    "SavingsPlanRecurringFee",
    "SavingsPlanUpfrontFee",
    "SavingsPlanNegation",
    "DiscountedUsage",
    "RIFee",
    "Fee",
    "Tax",
    "Credit",
    "EdpDiscount",
    "SomethingNew",
];

fn cur_columns() -> Table {
    table(&[
        ("bill/PayerAccountId", &one("100000000001")),
        ("bill/BillingEntity", &of(&["AWS", "AWS Marketplace"])),
        ("bill/InvoicingEntity", &of(&["Amazon Web Services, Inc.", ""])),
        ("bill/InvoiceId", &of(&["2185264919", ""])),
        ("bill/BillingPeriodStartDate", &one("2026-04-01T00:00:00.000Z")),
        ("bill/BillingPeriodEndDate", &one("2026-05-01T00:00:00.000Z")),
        ("lineItem/LineItemType", &of(&TYPES)),
        ("lineItem/LegalEntity", &one("Amazon Web Services, Inc.")),
        ("lineItem/UsageAccountId", &of(&["200000000001", "200000000002"])),
        ("lineItem/UsageStartDate", &of(&["2026-04-03T10:00:00Z", "2026-04-30T23:00:00Z"])),
        ("lineItem/ProductCode", &of(&["AmazonEC2", "AmazonS3", "AWSLambda"])),
        ("lineItem/CurrencyCode", &one("USD")),
        ("lineItem/UnblendedCost", &cost(1)),
        ("pricing/publicOnDemandCost", &cost(5)),
        ("product/regionCode", &of(&["eu-central-1", ""])),
        ("reservation/EffectiveCost", &cost(7)),
        ("reservation/ReservationARN", &of(&["", "arn:reservation"])),
        ("reservation/UnusedAmortizedUpfrontFeeForBillingPeriod", &cost(11)),
        ("reservation/UnusedRecurringFee", &cost(1)),
        ("savingsPlan/SavingsPlanARN", &of(&["", "arn:plan"])),
        ("savingsPlan/SavingsPlanEffectiveCost", &cost(5)),
        ("savingsPlan/TotalCommitmentToDate", &cost(7)),
        ("savingsPlan/UsedCommitment", &cost(11)),
    ])
}

fn with(mut table: Table, columns: &[(&str, &dyn Fn(usize) -> String)]) -> Table {
    for (name, value) in columns {
        table.columns.push((*name).to_owned());
        for (row, values) in table.rows.iter_mut().enumerate() {
            values.push(value(row));
        }
    }
    table
}

/// As CUR 2.0 spells `savingsPlan/SavingsPlanARN`: `savings_plan_savings_plan_a_r_n`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !snake.ends_with('_') {
            snake.push('_');
        }
        snake.push(if character == '/' { '_' } else { character.to_ascii_lowercase() });
    }
    snake
}

fn cur_2() -> Table {
    let tags = of(&[r#"{"user_team":"checkout","aws_created_by":"x"}"#, "{}", r#"{"user_env":"prod"}"#]);
    let product = of(&[r#"{"product_name":"Amazon EC2","region":"eu-west-1"}"#, "{}"]);
    with(cur_columns().renamed(snake), &[("resource_tags", &tags), ("product", &product)])
}

fn legacy() -> Table {
    let columns: [(&str, &dyn Fn(usize) -> String); 3] = [
        ("resourceTags/user:team", &of(&["checkout", "", "search"])),
        ("resourceTags/aws:createdBy", &of(&["", "x"])),
        ("product/ProductName", &of(&["Amazon EC2", ""])),
    ];
    with(cur_columns(), &columns)
}

/// The tables that come as text.
pub fn texts() -> [(&'static str, Table); 3] {
    [("focus", focus()), ("cur-2", cur_2()), ("legacy", legacy())]
}

/// The tables that come as Parquet, without what only text can be.
pub fn snake_tables() -> [(&'static str, Table); 3] {
    let legacy_snake = with(cur_columns().renamed(snake), &[("resource_tags_user_team", &of(&["checkout", "", "search"]))]);
    [("focus-pages", focus()), ("cur-2-pages", cur_2()), ("legacy-pages", legacy_snake)]
}

/// A stored cube of a few rows.
pub fn cube() -> Vec<u8> {
    let mut builder = CubeBuilder::new(vec!["team".to_owned()]);
    for (row, text) in COSTS.iter().enumerate() {
        let amount = Exact::parse(text).expect("costs of seeds are numbers");
        let mut values = [""; Dimension::COUNT];
        values[Dimension::Source as usize] = "payer";
        values[Dimension::Service as usize] = ["Amazon EC2", "Amazon S3"][row % 2];
        values[Dimension::SubAccount as usize] = ["1", "2", "3"][row % 3];
        values[Dimension::ChargeCategory as usize] = "Usage";
        let charge = Charge {
            billing_period: BillingPeriod::try_new(2026, 4).expect("a month"),
            currency: Currency::try_new("EUR").expect("a currency"),
            values,
            billing_account_name: "",
            sub_account_name: "shop",
            tags: &[("team", ["checkout", ""][row % 2])],
            cost: Cost { billed: amount, effective: amount, list: Some(amount), contracted: None },
        };
        builder.add(&charge).expect("a few charges fit");
    }
    builder.finish().to_bytes()
}
