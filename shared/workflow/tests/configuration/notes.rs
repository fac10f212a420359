//! What whoever puts a text should know.

use dayone_workflow::configuration::ConfigKind;

use crate::company::{Company, PEOPLE, TREE};
use crate::{CONTROLLER, DRIVERS, nothing, put, put_as, tree_from};

async fn notes(company: &Company, kind: ConfigKind, text: &str) -> Vec<String> {
    put_as(company, CONTROLLER, kind, text).await.unwrap().notes
}

fn split_by_driver(tree: &str) -> String {
    tree.replace("split: proportional", "split: driver, driver: requests")
}

#[tokio::test]
async fn a_sound_text_has_no_notes() {
    let company = Company::new().await;
    for (kind, text) in [(ConfigKind::Tree, tree_from("2026-03")), (ConfigKind::People, format!("{PEOPLE}\n"))] {
        assert_eq!(notes(&company, kind, &text).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn owners_who_cannot_sign_in_are_noted_with_the_tree_and_with_the_people() {
    let company = Company::new().await;
    let tree = tree_from("2026-03").replace("[shop@nw.example]", "[Shop@nw.example, new@nw.example]");
    let new = "`new@nw.example` owns cost groups and cannot sign in; add them to the people";
    assert_eq!(notes(&company, ConfigKind::Tree, &tree).await, [new]);
    let people: String = PEOPLE.lines().filter(|line| !line.contains("mail: head@")).fold(String::new(), |text, line| text + line + "\n");
    let head = "`head@nw.example` owns cost groups and cannot sign in; add them to the people";
    assert_eq!(notes(&company, ConfigKind::People, &people).await, [head, new]);
}

#[tokio::test]
async fn owners_of_before_are_not_noted_but_those_of_groups_that_only_older_trees_have() {
    let company = Company::new().await;
    let older = TREE.replace("[shop@nw.example]", "[was@nw.example]").replace("[search@nw.example]", "[gone@nw.example]");
    notes(&company, ConfigKind::Tree, &older).await;
    let newer: String = tree_from("2026-03")
        .lines()
        .filter(|line| !line.contains("id: search") && !line.contains("to: search"))
        .fold(String::new(), |text, line| text + &line.replace("[shop, search]", "[shop]") + "\n");
    assert_eq!(notes(&company, ConfigKind::Tree, &newer).await, Vec::<String>::new());
    let gone = "`gone@nw.example` owns cost groups and cannot sign in; add them to the people";
    assert_eq!(notes(&company, ConfigKind::People, &format!("{PEOPLE}\n")).await, [gone]);
}

#[tokio::test]
async fn while_there_are_no_people_no_owner_is_noted() {
    let (tenant, _) = nothing();
    let founder = tenant.founder("ines").await.unwrap();
    assert_eq!(put(&tenant, founder, ConfigKind::Tree, TREE).await.unwrap().notes, Vec::<String>::new());
}

#[tokio::test]
async fn modes_of_a_tree_are_noted_as_not_taken() {
    let company = Company::new().await;
    let tree = tree_from("2026-03").replace("name: Shop,", "name: Shop, mode: chargeback,");
    let note = "`mode: chargeback` of `shop` is not taken from the tree; promote each with `dayone promote`";
    assert_eq!(notes(&company, ConfigKind::Tree, &tree).await, [note]);
}

#[tokio::test]
async fn warnings_of_a_tree_are_notes() {
    let company = Company::new().await;
    let unused: String =
        tree_from("2026-03").lines().filter(|line| !line.contains("to: platform")).fold(String::new(), |text, line| text + line + "\n");
    let notes = notes(&company, ConfigKind::Tree, &unused).await;
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].starts_with("file.yaml, line ") && notes[0].contains("nothing goes into the pool `platform`"), "{notes:?}");
    assert!(notes[0].contains("What to do: ") && !notes[0].ends_with('.'), "{notes:?}");
}

#[tokio::test]
async fn drivers_and_pools_that_do_not_meet_are_noted() {
    let company = Company::new().await;
    let tree = split_by_driver(&tree_from("2026-03"));
    let without = "the pool `platform` is split by the driver `requests`, for which no quantities were put; its fallback holds";
    assert_eq!(notes(&company, ConfigKind::Tree, &tree).await, [without]);
    let drivers = "driver,billing_period,cost_group,quantity\nrequests,2026-03,shop,1\nrequests,2026-03,finance,1\nseats,2026-03,shop,1\n";
    assert_eq!(
        notes(&company, ConfigKind::Drivers, drivers).await,
        [
            "no pool asks for the driver `seats`",
            "the driver `requests` states quantities for `finance`, which shares no pool split by it; they count for nothing"
        ]
    );
    let drivers = "driver,billing_period,cost_group,quantity\nseats,2026-03,shop,1\n";
    assert_eq!(notes(&company, ConfigKind::Drivers, drivers).await, [without, "no pool asks for the driver `seats`"]);
    assert_eq!(notes(&company, ConfigKind::Drivers, DRIVERS).await, Vec::<String>::new());
    assert_eq!(notes(&company, ConfigKind::Tree, &split_by_driver(&tree_from("2026-04"))).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_text_that_is_there_already_is_noted_like_a_new_one() {
    let company = Company::new().await;
    let tree = split_by_driver(&tree_from("2026-03"));
    let first = notes(&company, ConfigKind::Tree, &tree).await;
    assert_eq!((notes(&company, ConfigKind::Tree, &tree).await, first.len()), (first, 1));
}

#[tokio::test]
async fn many_notes_are_told_in_few_words() {
    let company = Company::new().await;
    let rows: String = (0..1_000).map(|number| format!("d{number},2026-03,shop,1\n")).collect();
    let notes = notes(&company, ConfigKind::Drivers, &format!("driver,billing_period,cost_group,quantity\n{rows}")).await;
    assert_eq!((notes.len(), notes[20].as_str()), (21, "and 980 more like this"));
}
