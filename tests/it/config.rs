//! The keys that scripts rely on are taken, and the documented defaults name every setting.
use std::path::Path;

use hearback::config::{Config, DEFAULT, KeyKind, read};
use hearback::domain::policy::TicketMode;
use hearback::domain::ticket::TrackerName;
use hearback::time::{DAY_MS, MINUTE_MS};
use quote::ToTokens;
use secrecy::ExposeSecret;
use syn::{Expr, ExprLit, Item, Lit, Meta};

/// What the contract shows, each key with a value of its own.
const CONTRACT: &str = r#"
[server]
listen = "127.0.0.1:8081"
public_url = "https://hearback.test"
[database]
url = "sqlite://elsewhere/hearback.db"
[github]
api_url = "https://github.test/api/v3"
app_id = 12345
private_key_file = "app.pem"
webhook_secrets = ["new", "old"]
[jira]
base_url = "https://acme.atlassian.net"
flavour = "datacenter"
email = "bot@acme.test"
token = "jira token"
project = "SHOP"
issue_type = "Bug"
webhook_secrets = ["jira secret"]
[local]
dir = "issues"
[sources.generic]
secrets = ["whsec_x"]
api_url = "https://flags.test"
api_token = "flags token"
[policy]
trackers = ["github", "jira", "local"]
tickets = "approve"
window = "14d"
soak = "1d"
min_people = 3
coalesce = "5m"
environments = ["production", "eu"]
[[keys]]
kind = "secret"
key = "hbs_1"
[[keys]]
kind = "public"
key = "hbp_1"
origins = ["https://shop.test"]
"#;

fn of(text: &str, folder: &Path) -> Config {
    read(Some((folder.join("hearback.toml"), text.to_owned())), []).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn every_key_that_scripts_rely_on_is_taken() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("app.pem"), "PEM\n").expect("a key file");
    let c = of(CONTRACT, folder.path());
    let shown = |secret: &Option<secrecy::SecretString>| secret.as_ref().map(|s| s.expose_secret().to_owned());
    assert_eq!(c.server.listen.to_string(), "127.0.0.1:8081");
    assert_eq!(c.server.public_url.as_ref().map(url::Url::as_str), Some("https://hearback.test/"));
    assert_eq!(c.database.url, "sqlite://elsewhere/hearback.db");
    assert_eq!((c.github.api_url.as_str(), c.github.app_id), ("https://github.test/api/v3", Some(12345)));
    assert_eq!(shown(&c.github.private_key).as_deref(), Some("PEM"));
    assert_eq!(c.secrets_of("github").len(), 2);
    assert!(c.github.is_configured() && c.jira.is_configured());
    assert_eq!(c.jira.email.as_deref(), Some("bot@acme.test"));
    assert_eq!((c.jira.project.as_deref(), c.jira.issue_type.as_str()), (Some("SHOP"), "Bug"));
    assert_eq!((shown(&c.jira.token).as_deref(), c.jira.webhook_secrets.len()), (Some("jira token"), 1));
    assert_eq!(c.local.dir, folder.path().join("issues"), "meant from where the file lies");
    assert_eq!(c.secrets_of("generic").len(), 1);
    assert_eq!(shown(&c.sources["generic"].api_token).as_deref(), Some("flags token"));
    let p = c.policy();
    assert_eq!(p.trackers, [TrackerName::GitHub, TrackerName::Jira, TrackerName::Local]);
    assert_eq!((p.tickets, p.window_ms, p.soak_ms), (TicketMode::Approve, 14 * DAY_MS, DAY_MS));
    assert_eq!((p.min_people, p.coalesce_ms), (3, 5 * MINUTE_MS));
    assert_eq!(p.environments, ["production", "eu"]);
    assert_eq!(c.keys.iter().map(|k| k.kind).collect::<Vec<_>>(), [KeyKind::Secret, KeyKind::Public]);
    assert_eq!((c.keys[1].key.expose_secret(), c.keys[1].origins.len()), ("hbp_1", 1));
}

#[test]
fn any_secret_may_lie_in_a_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("one"), "secret\n").expect("a file");
    std::fs::write(folder.path().join("many"), "new\n\nold\n").expect("a file");
    let seals = ["a new key, of more than 32 characters", "an old key of more than 32 characters"];
    std::fs::write(folder.path().join("seals"), seals.join("\n")).expect("a file");
    let text = "[github]\ntoken_file = \"one\"\nwebhook_secrets_file = \"many\"\n[jira]\ntoken_file = \"one\"\n\
        webhook_secrets_file = \"many\"\n[sources.generic]\nsecrets_file = \"many\"\napi_token_file = \"one\"\n\
        [[keys]]\nkind = \"secret\"\nkey_file = \"one\"\n[analysis]\nseal_key_file = \"seals\"\n";
    let c = of(text, folder.path());
    for secret in [&c.github.token, &c.jira.token, &c.sources["generic"].api_token, &Some(c.keys[0].key.clone())] {
        assert_eq!(secret.as_ref().map(ExposeSecret::expose_secret), Some("secret"));
    }
    assert_eq!(c.analysis.seal_key.iter().map(ExposeSecret::expose_secret).collect::<Vec<_>>(), seals);
    for list in [&c.github.webhook_secrets, &c.jira.webhook_secrets, &c.sources["generic"].secrets] {
        assert_eq!(list.iter().map(ExposeSecret::expose_secret).collect::<Vec<_>>(), ["new", "old"]);
    }
}

/// The lines of a section of the defaults, a commented one too.
fn section(name: &str) -> Vec<&'static str> {
    let head = |line: &str| line.trim_start_matches("# ").split('#').next().unwrap_or_default().trim().to_owned();
    let is_head = |line: &str| head(line).starts_with('[') && head(line).ends_with(']') && !head(line).contains('=');
    let rest = DEFAULT.lines().skip_while(|l| !(is_head(l) && head(l) == name)).skip(1);
    rest.take_while(|l| !is_head(l)).collect()
}

#[test]
fn the_documented_defaults_name_every_setting() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/config/settings.rs");
    let source = syn::parse_file(&std::fs::read_to_string(source).expect("the settings")).expect("Rust");
    let mut seen = 0;
    for item in source.items {
        let Item::Struct(item) = item else { continue };
        let told = item.attrs.iter().find_map(|a| match &a.meta {
            Meta::NameValue(doc) if doc.path.is_ident("doc") => match &doc.value {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
                    Some(text.value().trim().trim_matches('`').to_owned())
                }
                _ => None,
            },
            _ => None,
        });
        let Some(name) = told.filter(|t| t.starts_with('[')) else { continue };
        let lines = section(&name.replace("NAME", "generic"));
        assert!(!lines.is_empty(), "default.toml has no {name}");
        for field in item.fields {
            let field = field.ident.expect("a name").to_token_stream().to_string();
            let named = lines.iter().any(|l| {
                let key = l.trim_start_matches("# ").split('=').next().unwrap_or_default().trim();
                key == field || key.strip_suffix("_file") == Some(&field)
            });
            // Tables of their own, or a table of tables with names that people choose.
            let inside = format!("{}.{field}", name.replace("NAME", "generic").trim_matches(['[', ']']));
            let named_table = |l: &str| l.trim_start_matches("# ").starts_with(&format!("[{inside}."));
            let table = !section(&format!("[{inside}]")).is_empty() || DEFAULT.lines().any(named_table);
            assert!(named || table, "default.toml does not name {field} of {name}");
            seen += 1;
        }
    }
    assert!(seen > 40, "only {seen} settings found");
}
