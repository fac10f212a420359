//! The folder of a home: what is made, what is opened, what is refused.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use dayone_embedded::{Home, HomeError, SystemClock};
use dayone_ports::{Action, Key, Mail};

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn refused(home: Result<Home, HomeError>) -> HomeError {
    home.err().expect("the folder is refused")
}

#[tokio::test]
async fn a_home_has_its_parts_and_keeps_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("new/home");
    let key = Key::new("p", "s");
    {
        let home = Home::create(&path).expect("a home");
        home.store().transact(vec![Action::insert(key.clone(), b"body".to_vec())]).await.expect("it is written");
    }
    assert_eq!(names(&path), ["anchors", "arriving", "dayone-home.json", "dayone.sqlite", "documents", "exports", "ledger", "mail"]);
    assert_eq!(fs::read_to_string(path.join("dayone-home.json")).expect("the marker"), "{\"format\":2}\n");
    let home = Home::open(&path).expect("the home");
    assert!(home.store().get(&key).await.expect("it can be read").is_some());
    assert_eq!((home.folder(), home.exports(), home.arriving()), (path.as_path(), path.join("exports"), path.join("arriving")));
}

#[tokio::test]
async fn mail_of_a_home_lies_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = Home::create(folder.path()).expect("a home");
    let mailer = home.mailer(Arc::new(SystemClock)).expect("mail");
    let [tenant, id, subject, text] = ["meridian", "m-1", "Hello", "Hello"].map(str::to_owned);
    mailer.send(&Mail { tenant, id, to: "a@b.example".to_owned(), subject, text }).await.expect("it is sent");
    assert!(folder.path().join("mail/meridian/m-1.eml").is_file());
}

#[tokio::test]
async fn creating_a_home_again_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = Key::new("p", "s");
    let home = Home::create(folder.path()).expect("a home");
    home.store().transact(vec![Action::insert(key.clone(), Vec::new())]).await.expect("it is written");
    let again = Home::create(folder.path()).expect("the same home");
    assert!(again.store().get(&key).await.expect("it can be read").is_some());
}

#[test]
fn a_folder_with_other_files_does_not_become_a_home() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("letter.txt"), b"").expect("a file");
    let error = refused(Home::create(folder.path()));
    assert!(matches!(error, HomeError::NotEmpty(_)), "{error}");
    assert_eq!(names(folder.path()), ["letter.txt"]);
    let error = refused(Home::create(folder.path().join("letter.txt")));
    assert!(matches!(error, HomeError::Folder { .. }), "{error}");
}

#[test]
fn a_folder_that_is_no_home_is_not_opened_and_says_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    for path in [folder.path().to_owned(), folder.path().join("none")] {
        let error = refused(Home::open(&path));
        assert!(matches!(error, HomeError::NoHome(_)), "{error}");
        assert!(error.to_string().contains("dayone init"), "{error}");
    }
    assert_eq!(names(folder.path()), Vec::<String>::new(), "looking leaves nothing behind");
}

/// An empty database in its place would be a home in which nothing ever happened.
#[test]
fn a_home_without_its_records_is_not_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(Home::create(folder.path()).expect("a home"));
    for name in names(folder.path()).iter().filter(|name| name.starts_with("dayone.sqlite")) {
        fs::remove_file(folder.path().join(name)).expect("it goes");
    }
    let error = refused(Home::open(folder.path()));
    assert!(matches!(error, HomeError::NoRecords(_)), "{error}");
    assert!(!folder.path().join("dayone.sqlite").exists());
}

/// Killed anywhere, `init` can be run again.
#[test]
fn a_home_that_was_half_made_can_be_completed() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join(".unfinished-x"), b"{\"for").expect("a file");
    drop(Home::create(folder.path()).expect("a home"));
    let second = tempfile::tempdir().expect("a folder");
    fs::write(second.path().join("dayone-home.json"), "{\"format\":2}\n").expect("a marker");
    drop(Home::create(second.path()).expect("a home"));
    Home::open(second.path()).expect("the home");
}

/// Writes a file that was last written to so long ago.
fn write_minutes_ago(path: &Path, minutes: u64) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, b"{\"for").expect("a file");
    let written = SystemTime::now() - Duration::from_secs(minutes * 60);
    fs::File::options().write(true).open(path).and_then(|file| file.set_modified(written)).expect("it takes a time");
}

#[test]
fn what_killed_processes_left_unfinished_goes_when_the_home_is_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(Home::create(folder.path()).expect("a home"));
    let places = ["", "documents", "documents/ba", "anchors/meridian", "ledger/meridian", "mail/meridian"];
    let unfinished: Vec<_> = places.iter().map(|place| folder.path().join(place).join(".unfinished-Ab3x9Z")).collect();
    unfinished.iter().for_each(|path| write_minutes_ago(path, 61));
    drop(Home::open(folder.path()).expect("the home"));
    let left: Vec<_> = unfinished.iter().filter(|path| path.exists()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[cfg(unix)]
#[test]
fn files_of_requests_that_killed_processes_left_go_when_the_home_is_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(Home::create(folder.path()).expect("a home"));
    let arriving = folder.path().join("arriving");
    let made = |name: &str, minutes: u64| {
        let path = arriving.join(name);
        fs::create_dir_all(path.join("aws")).expect("a folder");
        // What its files say is when their charges were exported.
        write_minutes_ago(&path.join("aws/a.csv"), 100_000);
        let written = SystemTime::now() - Duration::from_secs(minutes * 60);
        fs::File::open(&path).and_then(|folder| folder.set_modified(written)).expect("it takes a time");
    };
    let elsewhere = tempfile::tempdir().expect("a folder");
    write_minutes_ago(&elsewhere.path().join("a.csv"), 600);
    std::os::unix::fs::symlink(elsewhere.path(), arriving.join("link")).expect("a link");
    made(".tmpLeft", 61);
    made(".unfinished-.tmpHalfSwept", 61);
    made(".tmpBeingRead", 59);
    drop(Home::open(folder.path()).expect("the home"));
    assert_eq!(names(&arriving), [".tmpBeingRead", "link"]);
    assert!(arriving.join(".tmpBeingRead/aws/a.csv").exists() && elsewhere.path().join("a.csv").exists());
}

#[test]
fn what_a_process_may_still_be_writing_and_what_is_finished_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(Home::create(folder.path()).expect("a home"));
    let elsewhere = tempfile::tempdir().expect("a folder");
    let stays = [
        (folder.path().join("documents/ba/.unfinished-young"), 59),
        (folder.path().join("documents/ba/ba7816bf"), 600),
        (folder.path().join("ledger/meridian/DAY1-000001-01.json"), 600),
        (folder.path().join("exports/.unfinished-letter"), 600),
        (elsewhere.path().join(".unfinished-others"), 600),
    ];
    stays.iter().for_each(|(path, minutes)| write_minutes_ago(path, *minutes));
    fs::create_dir(folder.path().join("mail/.unfinished-folder")).expect("a folder");
    #[cfg(unix)]
    std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("documents/link")).expect("a link");
    drop(Home::open(folder.path()).expect("the home"));
    let gone: Vec<_> = stays.iter().filter(|(path, _)| !path.exists()).collect();
    assert!(gone.is_empty(), "{gone:?}");
    assert!(folder.path().join("mail/.unfinished-folder").is_dir());
}

/// Its records would be misread.
#[test]
fn a_home_of_an_earlier_format_is_refused_and_says_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(Home::create(folder.path()).expect("a home"));
    fs::write(folder.path().join("dayone-home.json"), "{\"format\":1}\n").expect("a marker");
    for outcome in [Home::open(folder.path()), Home::create(folder.path())] {
        let error = refused(outcome);
        assert!(matches!(error, HomeError::Older { found: 1, .. }), "{error}");
        assert!(error.to_string().contains("use the release of dayone that wrote it, or make a new home"), "{error}");
    }
}

#[test]
fn a_newer_home_and_a_damaged_marker_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(Home::create(folder.path()).expect("a home"));
    let marker = folder.path().join("dayone-home.json");
    fs::write(&marker, "{\"format\":3,\"more\":true}").expect("a marker");
    for outcome in [Home::open(folder.path()), Home::create(folder.path())] {
        let error = refused(outcome);
        assert!(matches!(error, HomeError::Newer { found: 3, .. }), "{error}");
    }
    for damaged in [String::new(), "{}".to_owned(), "{\"format\":0}".to_owned(), "{\"format\":-1}".to_owned(), " ".repeat(5000)] {
        fs::write(&marker, damaged).expect("a marker");
        let error = refused(Home::open(folder.path()));
        assert!(matches!(error, HomeError::Marker(_)), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn a_home_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("home");
    fs::create_dir(&path).expect("a folder");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("open to all");
    let _home = Home::create(&path).expect("a home");
    let mode = |path: &Path| fs::metadata(path).expect("metadata").permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o700);
    for name in names(&path) {
        let inner = path.join(name);
        assert_eq!(mode(&inner), if inner.is_dir() { 0o700 } else { 0o600 }, "{inner:?}");
    }
}
