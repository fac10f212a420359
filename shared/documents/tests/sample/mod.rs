//! Small companies with bills, for golden files and for looking at.

use dayone_domain::allocation::allocate;
use dayone_domain::charge::{Cost, Dimension};
use dayone_domain::cube::{BillKey, CubeBuilder};
use dayone_domain::driver::Drivers;
use dayone_domain::invoice::Invoices;
use dayone_domain::tie_out::{ControlTotals, TieOut};
use dayone_domain::tree::draft::{
    At, CodingDraft, ConditionDraft, GroupDraft, HoldingDraft, LedgerDraft, PoolDraft, RuleDraft, TestDraft, TreeDraft,
};
use dayone_domain::tree::{Tree, TreeVersions};
use dayone_domain::{BillingPeriod, Charge, CostBasis, Currency, Exact};

/// A company's invoices, oldest first, and the tie-out of the last.
pub struct Sample {
    pub company: String,
    pub invoices: Vec<Invoices>,
    pub tie_out: TieOut,
}

/// One charge of a sample.
#[derive(Clone)]
pub struct Row {
    pub period: &'static str,
    pub values: Vec<(Dimension, String)>,
    pub name: String,
    pub team: String,
    pub billed: String,
    pub list: String,
}

/// A charge of a service in an account, tagged with a team.
pub fn row(period: &'static str, service: &str, account: &str, team: &str, billed: &str) -> Row {
    let number = account.bytes().fold(4_410_000_000_u64, |sum, byte| sum * 31 % 90_000_000_000 + u64::from(byte));
    let values = [
        (Dimension::Source, "aws-main"),
        (Dimension::Provider, "AWS"),
        (Dimension::BillingAccount, "100000000001"),
        (Dimension::Service, service),
        (Dimension::ChargeCategory, "Usage"),
        (Dimension::ChargeType, "Usage"),
        (Dimension::InvoiceId, if period == "2026-04" { "INV-2604" } else { "INV-EARLIER" }),
    ];
    let mut values: Vec<(Dimension, String)> = values.iter().map(|(dimension, value)| (*dimension, (*value).to_owned())).collect();
    values.push((Dimension::SubAccount, format!("{number:012}")));
    values.push((Dimension::ChargeMonth, period.to_owned()));
    Row { period, values, name: account.to_owned(), team: team.to_owned(), billed: billed.to_owned(), list: billed.to_owned() }
}

impl Row {
    /// Another value of a dimension.
    pub fn with(mut self, dimension: Dimension, value: &str) -> Row {
        self.values.retain(|(known, _)| *known != dimension);
        self.values.push((dimension, value.to_owned()));
        self
    }

    /// Another list cost than billed cost.
    pub fn listed(mut self, list: &str) -> Row {
        self.list = list.to_owned();
        self
    }

    fn of(self, category: &str) -> Row {
        self.with(Dimension::ChargeCategory, category).with(Dimension::ChargeType, category)
    }
}

/// Allocates and invoices rows under the versions of a tree.
pub fn reckon(drafts: &[TreeDraft], drivers: &Drivers, rows: &[Row], currency: &str, basis: CostBasis) -> Sample {
    let versions = drafts.iter().map(|draft| Tree::try_new(draft).unwrap().0).collect();
    let trees = TreeVersions::try_new(versions).unwrap();
    let currency = Currency::try_new(currency).unwrap();
    let mut builder = CubeBuilder::new(trees.tag_keys());
    let mut control = ControlTotals::default();
    for row in rows {
        let mut values = [""; Dimension::COUNT];
        for (dimension, value) in &row.values {
            values[*dimension as usize] = value;
        }
        let billed = Exact::parse(&row.billed).unwrap();
        let charge = Charge {
            billing_period: row.period.parse().unwrap(),
            currency,
            values,
            billing_account_name: "",
            sub_account_name: &row.name,
            tags: &[("team", row.team.as_str())],
            cost: Cost { billed, effective: billed, list: Some(Exact::parse(&row.list).unwrap()), contracted: None },
        };
        builder.add(&charge).unwrap();
        control.add(&charge);
    }
    let cube = builder.finish();
    let draw = |key: BillKey| {
        let allocation = allocate(&cube, key, &trees, basis, drivers);
        let invoices = Invoices::draw(&cube, &allocation, trees.at(key.period).ledger());
        let tie_out = TieOut::of(&control, &cube, &allocation, &invoices);
        (invoices, tie_out)
    };
    let (invoices, mut tie_outs): (Vec<Invoices>, Vec<TieOut>) = cube.bills().map(draw).unzip();
    Sample { company: trees.all()[0].company().to_owned(), invoices, tie_out: tie_outs.pop().unwrap() }
}

fn at(text: &str) -> At<String> {
    At::nowhere(text.to_owned())
}

/// A cost group.
pub fn group(id: &str, name: &str, kind: &str, groups: Vec<GroupDraft>) -> GroupDraft {
    GroupDraft { id: at(id), name: Some(at(name)), kind: Some(at(kind)), own: CodingDraft::default(), groups }
}

/// The rule that a team's tag leads to the group or pool of that identifier.
pub fn team(id: &str) -> RuleDraft {
    let condition = ConditionDraft { field: at("team"), is_tag: true, test: TestDraft::Equal(at(id)) };
    RuleDraft { to: at(id), conditions: vec![condition] }
}

fn pool(id: &str, name: &str, split: &str, to: &str) -> PoolDraft {
    PoolDraft {
        id: at(id),
        name: Some(at(name)),
        owners: vec![at("platform@example.com")],
        split: at(split),
        to: vec![at(to)],
        shares: Vec::new(),
        driver: None,
        fallback: Some(at("even")),
        account: Some(at("6190")),
    }
}

/// A tree with these groups and rules, and the common rest.
pub fn tree(company: &str, groups: Vec<GroupDraft>, rules: Vec<RuleDraft>) -> TreeDraft {
    let owners = vec![at("ana@example.com"), at("li@example.com")];
    TreeDraft {
        company: Some(at(company)),
        valid_from: Some(at("2025-01")),
        defaults: CodingDraft { owners, legal_entity: Some(at("Northwind Ltd")), ..CodingDraft::default() },
        groups,
        unallocated: Some(GroupDraft {
            own: CodingDraft { owners: vec![at("finops@example.com")], ..CodingDraft::default() },
            ..group("unallocated", "Unallocated", "central", Vec::new())
        }),
        rules,
        ..TreeDraft::default()
    }
}

const PERIODS: [&str; 6] = ["2025-11", "2025-12", "2026-01", "2026-02", "2026-03", "2026-04"];

/// Northwind: three levels, shared pools of all splits, credits, tax, a refund, a correction, marketplace, a
/// purchase; USD, six months.
pub fn northwind(basis: CostBasis) -> Sample {
    let mut checkout = group("checkout", "Checkout", "team", Vec::new());
    checkout.own.mode = Some(at("chargeback"));
    checkout.own.cost_center = Some(at("CC-1042"));
    checkout.own.department = Some(at("Commerce"));
    let shopping = group("shopping", "Shopping", "product", vec![checkout, group("search", "Search", "team", Vec::new())]);
    let online = group("online", "Online", "business unit", vec![shopping, group("payments", "Payments", "product", Vec::new())]);
    let stores = group("stores", "Stores", "business unit", vec![group("tills", "Tills", "team", Vec::new())]);
    let groups = vec![online, stores, group("lab", "Lab", "team", Vec::new())];
    let rules = ["checkout", "search", "payments", "tills", "lab", "platform", "observability", "support", "licences"];
    let mut draft = tree("Northwind", groups, rules.map(team).to_vec());
    let mut licences = pool("licences", "Licences", "fixed", "*");
    licences.to = Vec::new();
    licences.shares = vec![(at("checkout"), at("60")), (at("search"), at("40"))];
    let mut observability = pool("observability", "Observability", "driver", "*");
    observability.driver = Some(at("requests"));
    let platform = pool("platform", "Platform team", "proportional", "online/*");
    draft.pools = vec![platform, observability, pool("support", "Provider support", "even", "*"), licences];
    let holding = HoldingDraft { account: at("1590"), cost_center: at("CC-9000") };
    draft.ledger = Some(LedgerDraft {
        default_account: Some(at("6100")),
        accounts_by_charge_category: vec![(at("Tax"), at("6180"))],
        accounts_by_service: vec![(at("Amazon RDS"), at("6120"))],
        default_holding: Some(holding),
        holding_by_billing_account: Vec::new(),
    });
    let mut drivers = Drivers::default();
    for (place, period) in PERIODS.iter().enumerate() {
        for (group, quantity) in [("checkout", 1_204_000), ("search", 7_406_221), ("payments", 800_000)] {
            let quantity = Exact::from_i128(quantity + 12_000 * place as i128, 0);
            drivers.insert("requests", period.parse::<BillingPeriod>().unwrap(), group, quantity).unwrap();
        }
    }
    reckon(&[draft], &drivers, &northwind_rows(), "USD", basis)
}

fn northwind_rows() -> Vec<Row> {
    let mut rows = Vec::new();
    // Costs in units of 10^-7, so that exact figures have digits to show.
    let mut add = |period, service: &str, account: &str, team: &str, units: i128, discount: i128| {
        let billed = Exact::from_i128(units, 7).to_string();
        let list = Exact::from_i128(units * 100 / (100 - discount), 7).to_string();
        rows.push(row(period, service, account, team, &billed).listed(&list));
    };
    let services = [
        ("Amazon EC2", 41_204),
        ("Amazon RDS", 18_311),
        ("Amazon S3", 6_120),
        ("Amazon CloudFront", 4_870),
        ("AWS Lambda", 1_940),
        ("Amazon DynamoDB", 1_205),
        ("Amazon ElastiCache", 910),
        ("Amazon SQS", 122),
        ("AWS Key Management Service", 41),
        ("Amazon Route 53", 18),
    ];
    let teams = [("checkout", 10), ("search", 17), ("payments", 6), ("tills", 4), ("platform", 8), ("observability", 3)];
    for (month, period) in PERIODS.iter().enumerate() {
        for (team, weight) in teams {
            for (place, (service, size)) in services.iter().enumerate() {
                for (stage, part) in [("prod", 71), ("staging", 22), ("dev", 7)] {
                    if stage != "prod" && place > 5 {
                        continue;
                    }
                    let grown = 100 + 4 * month as i128 - (place as i128 * month as i128 % 5) * 3;
                    let units = i128::from(*size) * weight * part * grown * 9_173 + 7 * place as i128 + month as i128;
                    let discount = if team == "checkout" && month == 5 { 12 } else { 10 };
                    add(period, service, &format!("{team}-{stage}"), team, units / 100, discount);
                }
            }
        }
        add(period, "AWS Support", "payer", "support", 30_000_000_000 + 111_111_111 * month as i128, 0);
        add(period, "Grafana", "payer", "licences", 12_000_000_000, 0);
        add(period, "Amazon EC2", "sandbox-7", "", 8_123_400_017, 10);
    }
    add("2026-04", "Amazon Bedrock", "lab-prod", "lab", 3_310_040_001, 0);
    rows.extend(northwind_specials());
    rows
}

fn northwind_specials() -> Vec<Row> {
    let mut rows = vec![
        row("2026-04", "Amazon EC2", "checkout-prod", "checkout", "-250.00").of("Credit"),
        row("2026-04", "Amazon RDS", "checkout-prod", "checkout", "-61.4402").of("Adjustment").with(Dimension::ChargeType, "Refund"),
        row("2026-04", "Amazon EC2", "checkout-prod", "checkout", "-88.1200004")
            .with(Dimension::ChargeClass, "Correction")
            .with(Dimension::ChargeMonth, "2026-02"),
        row("2026-04", "Datadog Pro", "checkout-prod", "checkout", "480.00")
            .of("Purchase")
            .with(Dimension::Publisher, "Datadog, Inc.")
            .with(Dimension::InvoiceIssuer, "AWS Marketplace"),
        row("2026-04", "Compute Savings Plans", "payer", "checkout", "310.1004").of("Purchase"),
        row("2026-04", "Amazon EC2", "checkout-prod", "checkout", "44.0901").with(Dimension::CommitmentStatus, "Unused"),
        row("2026-03", "Amazon EC2", "checkout-prod", "checkout", "-900.00").of("Credit"),
    ];
    for period in PERIODS {
        for (team, tax) in [("checkout", "401.2200901"), ("search", "688.5"), ("payments", "240.01"), ("tills", "98")] {
            rows.push(row(period, "Tax", &format!("{team}-prod"), team, tax).of("Tax"));
        }
    }
    rows
}

/// Two teams billed in yen; one is new this month.
pub fn yen() -> Sample {
    let groups = vec![group("tokyo", "Tokyo", "team", Vec::new()), group("osaka", "Osaka", "team", Vec::new())];
    let draft = tree("Kita Trading", groups, ["tokyo", "osaka"].map(team).to_vec());
    let rows = [
        row("2026-03", "Amazon EC2", "tokyo-prod", "tokyo", "1204110.4"),
        row("2026-04", "Amazon EC2", "tokyo-prod", "tokyo", "1330021.5"),
        row("2026-04", "Amazon S3", "tokyo-prod", "tokyo", "-88.25"),
        row("2026-04", "Amazon EC2", "osaka-prod", "osaka", "52000.75"),
    ];
    reckon(&[draft], &Drivers::default(), &rows, "JPY", CostBasis::Billed)
}

/// One month, and names that somebody chose to do harm.
pub fn hostile() -> Sample {
    let evil = group("evil", "<script>alert(\"1\")</script>", "te\"am' onload='x", Vec::new());
    let draft =
        tree("A & B <b>Ltd</b>", vec![evil, group("index", "Index & Co", "team", Vec::new())], ["evil", "index"].map(team).to_vec());
    let rows = [
        row("2026-04", "=cmd()|' /C calc'!A0", "\"><img src=x onerror=alert(1)>", "evil", "10.005"),
        row("2026-04", "@SUM(A1)", "-1+1", "evil", "-3.001"),
        row("2026-04", "</style><script>alert(2)</script>", "a,\"b\"\r\nc", "evil", "1"),
        row("2026-04", "{{ name }}", "{% if %}", "index", "5"),
    ];
    reckon(&[draft], &Drivers::default(), &rows, "USD", CostBasis::Billed)
}

/// A group that moved to another parent, one that is gone and one that is new.
pub fn reorganised() -> Sample {
    let team_group = |id: &str| group(id, id, "team", Vec::new());
    let before = vec![
        group("north", "North", "unit", vec![team_group("a"), team_group("b")]),
        group("south", "South", "unit", vec![team_group("c")]),
    ];
    let now = vec![
        group("north", "North", "unit", vec![team_group("a")]),
        group("south", "South", "unit", vec![team_group("b"), team_group("d")]),
    ];
    let before = tree("Compass", before, ["a", "b", "c"].map(team).to_vec());
    let mut now = tree("Compass", now, ["a", "b", "d"].map(team).to_vec());
    now.valid_from = Some(at("2026-04"));
    let rows = [
        row("2026-03", "Amazon EC2", "a-prod", "a", "100"),
        row("2026-03", "Amazon EC2", "b-prod", "b", "200"),
        row("2026-03", "Amazon EC2", "c-prod", "c", "400"),
        row("2026-04", "Amazon EC2", "a-prod", "a", "90"),
        row("2026-04", "Amazon EC2", "b-prod", "b", "210"),
        row("2026-04", "Amazon EC2", "d-prod", "d", "55"),
    ];
    reckon(&[before, now], &Drivers::default(), &rows, "USD", CostBasis::Billed)
}

/// A negotiated discount, which the provider states for each service and account once more.
pub fn negotiated() -> Sample {
    let draft = tree("Negotiated", vec![group("shop", "Shop", "team", Vec::new())], vec![team("shop")]);
    let mut rows = Vec::new();
    for service in 0..11_i128 {
        for (account, part) in [("shop-prod", 7), ("shop-nonprod", 2)] {
            let units = (20 - service) * part * 13_577;
            let usage = row("2026-04", &format!("Service {service}"), account, "shop", &Exact::from_i128(units, 3).to_string());
            let discount = Row { billed: Exact::from_i128(-units * 5, 5).to_string(), ..usage.clone() };
            rows.push(usage);
            // The last service is discounted in one account only.
            if service < 10 || account == "shop-prod" {
                rows.push(discount.of("Credit").with(Dimension::ChargeType, "EdpDiscount"));
            }
        }
    }
    reckon(&[draft], &Drivers::default(), &rows, "USD", CostBasis::Billed)
}

/// So many teams, fifty to a unit, that share one pool evenly.
#[allow(dead_code, reason = "the example that shares this file does not write it")]
pub fn crowd(teams: usize) -> Sample {
    let of_unit = |unit: usize| {
        let members = (unit * 50..teams.min(unit * 50 + 50)).map(|team| group(&format!("team-{team}"), "Team", "team", Vec::new()));
        group(&format!("unit-{unit}"), "Unit", "unit", members.collect())
    };
    let mut draft = tree("Crowd", (0..teams.div_ceil(50)).map(of_unit).collect(), vec![team("platform")]);
    draft.pools = vec![pool("platform", "Platform team", "even", "*")];
    let rows = ["2026-03", "2026-04"].map(|period| row(period, "Amazon EC2", "platform-prod", "platform", "100000.01"));
    reckon(&[draft], &Drivers::default(), &rows, "USD", CostBasis::Billed)
}

/// More services and accounts than anybody reads.
pub fn long() -> Sample {
    let draft = tree("Long", vec![group("many", "Many", "team", Vec::new())], vec![team("many")]);
    let mut rows = Vec::new();
    for service in 0..40_u32 {
        for account in 0..(1 + service % 21) {
            for (place, period) in ["2026-03", "2026-04"].into_iter().enumerate() {
                let units = i128::from(service * 7_919 + account * 104_729) * (3 + place as i128) - 90_001 * i128::from(service % 3);
                let cost = Exact::from_i128(units, 3).to_string();
                rows.push(row(period, &format!("Service {service}"), &format!("account-{account}"), "many", &cost));
            }
        }
    }
    reckon(&[draft], &Drivers::default(), &rows, "USD", CostBasis::Billed)
}
