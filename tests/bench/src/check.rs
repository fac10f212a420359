//! Whether contenders found the same: Day One exactly what was generated, its peers within the error of doubles.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::decimal::Decimal;

const FINEST: usize = Decimal::MOST_DECIMALS as usize;

/// The sums over all cost groups are the control totals, to the last digit.
///
/// # Errors
/// What differs.
pub fn exactly(control: &[Value], found: &Value) -> Result<(), String> {
    let charges: u64 = control.iter().filter_map(|of| of["charges"].as_u64()).sum();
    if found["charges"].as_u64() != Some(charges) {
        return Err(format!("{charges} charges were generated, and {} were found", found["charges"]));
    }
    for currency in currencies(control) {
        let groups = found["groups"][&currency].as_object().ok_or_else(|| format!("nothing in {currency} was found"))?;
        for cost in ["billed", "effective"] {
            let generated = total(control, "sums", &currency, cost)?;
            let sum = groups.values().try_fold(0, |sum: i128, group| Ok::<_, String>(sum + units(&group[cost])?))?;
            if sum != generated {
                return Err(format!("{cost} cost in {currency}: {generated} × 10^−{FINEST} was generated, and {sum} was found"));
            }
        }
    }
    Ok(())
}

/// Every cost group has the same charges, and costs that differ by no more than `n × 2⁻⁵³ × Σ|x|`, `n` being its charges
/// and the sum that of all charges generated: the bound for adding `n` doubles in any order, each the nearest to its
/// decimal. (Higham, Accuracy and Stability of Numerical Algorithms, section 4.2.)
///
/// # Errors
/// What differs by more.
pub fn within_doubles(control: &[Value], exact: &Value, found: &Value) -> Result<(), String> {
    let empty = Map::new();
    for currency in currencies(control) {
        let of = |found: &Value| found["groups"][&currency].as_object().unwrap_or(&empty).clone();
        let (exact, found) = (of(exact), of(found));
        let names = |groups: &Map<String, Value>| groups.keys().cloned().collect::<BTreeSet<_>>();
        if names(&exact) != names(&found) {
            return Err(format!("the cost groups in {currency} are others"));
        }
        for (name, exact) in &exact {
            let found = &found[name];
            if exact["charges"] != found["charges"] {
                return Err(format!("{name} has {} charges, and {} were found", exact["charges"], found["charges"]));
            }
            let charges = i128::from(exact["charges"].as_u64().unwrap_or(0));
            for cost in ["billed", "effective"] {
                let bound = charges * (total(control, "absolute", &currency, cost)? >> 53) + charges + 1;
                let (exact, found) = (units(&exact[cost])?, units(&found[cost])?);
                if (exact - found).abs() > bound {
                    return Err(format!("{cost} cost of {name}: {exact} × 10^−{FINEST}, and {found} was found"));
                }
            }
        }
    }
    Ok(())
}

fn currencies(control: &[Value]) -> BTreeSet<String> {
    control.iter().filter_map(|of| of["sums"].as_object()).flat_map(|sums| sums.keys().cloned()).collect()
}

fn total(control: &[Value], of: &str, currency: &str, cost: &str) -> Result<i128, String> {
    control.iter().map(|file| &file[of][currency][cost]).filter(|sum| !sum.is_null()).try_fold(0, |sum, one| Ok(sum + units(one)?))
}

/// In units of 10^−22: a plain decimal as text, or a double, of which further decimals are cut.
fn units(value: &Value) -> Result<i128, String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_f64().map(|double| format!("{double}")).unwrap_or_default(),
        other => return Err(format!("`{other}` is no amount")),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let digits = format!("{whole}{:0<FINEST$}", &fraction[..fraction.len().min(FINEST)]);
    digits.parse().map_err(|_| format!("`{text}` is no amount"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn control() -> [Value; 1] {
        [json!({ "charges": 3, "sums": { "USD": { "billed": "0.3", "effective": "-1" } },
            "absolute": { "USD": { "billed": "0.3", "effective": "1" } } })]
    }

    fn found(charges: u64, billed: Value) -> Value {
        json!({ "charges": 3, "groups": { "USD": { "a": { "charges": charges, "billed": billed, "effective": "-1" } } } })
    }

    #[test]
    fn a_digit_that_differs_is_found() {
        assert_eq!(exactly(&control(), &found(3, json!("0.3"))), Ok(()));
        assert!(exactly(&control(), &found(3, json!("0.3000000000000000000001"))).unwrap_err().contains("billed"));
        let fewer = json!({ "charges": 2, "groups": {} });
        assert!(exactly(&control(), &fewer).unwrap_err().contains("3 charges"));
    }

    #[test]
    fn doubles_may_differ_by_their_rounding_alone() {
        let exact = found(3, json!("0.3"));
        assert_eq!(within_doubles(&control(), &exact, &found(3, json!(0.300_000_000_000_000_04))), Ok(()));
        assert!(within_doubles(&control(), &exact, &found(3, json!(0.300_000_000_000_01))).unwrap_err().contains("billed cost of a"));
        assert!(within_doubles(&control(), &exact, &found(2, json!(0.3))).unwrap_err().contains("charges"));
        let other = json!({ "groups": { "USD": { "b": {} } } });
        assert!(within_doubles(&control(), &exact, &other).unwrap_err().contains("groups"));
    }
}
