use hearback::domain::series::{Binding, PullKind};
use hearback::pull::{About, Credentials, client};

use super::world::{ABOUT, Ask, HOURS, Reply, World, point};

const QUERY: &str = "SELECT toStartOfHour(at) AS hour, sum(x) AS sum, count() AS n FROM e WHERE flag = $flag AND other = $flag \
    AND at >= toDateTime($from) AND at < toDateTime($to) GROUP BY hour";
const ROWS: &str = "{\"hour\":\"2026-10-09 10:00:00\",\"sum\":1.5,\"n\":\"3\"}\n{\"hour\":\"2026-10-09 11:00:00\",\"sum\":2,\"n\":\"1\"}\n";

#[tokio::test]
async fn names_are_parameters_or_whole_literals() {
    let world = World::start(|_: &Ask| (200, vec![], ROWS.into())).await;
    let name = "x' OR '1'='1";
    for (binding, flag, parameter) in [
        (
            Binding::Params,
            "flag = {flag:String} AND other = {flag:String} AND at >= toDateTime(1791540000)",
            Some(name),
        ),
        (Binding::Literals, "flag = 'x'' OR ''1''=''1' AND other = 'x'' OR ''1''=''1' AND at", None),
    ] {
        let mut settings = world.settings(PullKind::Sql, QUERY);
        settings.binding = binding;
        settings.credentials = Credentials::Password { user: "reader".into(), password: "pass".into() };
        let pulled = client(settings).unwrap().pull(About { flag: Some(name), ..ABOUT }, HOURS).await.unwrap();
        assert_eq!(pulled.hours, [point(0, 1.5, 3), point(1, 2.0, 1)]);
        let asked = world.asked();
        assert!(asked[0].body.contains(flag), "{}", asked[0].body);
        let parameters: Vec<&str> =
            asked[0].query.iter().filter(|(n, _)| n == "param_flag").map(|(_, v)| v.as_str()).collect();
        assert_eq!(parameters, parameter.into_iter().collect::<Vec<_>>());
        assert!(asked[0].query.contains(&("default_format".into(), "JSONEachRow".into())));
        assert_eq!((asked[0].method.as_str(), asked[0].path.as_str()), ("POST", "/below"));
        let shown = [
            asked[0].header("x-clickhouse-user"),
            asked[0].header("x-clickhouse-key"),
            asked[0].header("authorization"),
        ];
        assert_eq!(shown, [Some("reader"), Some("pass"), None]);
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_with_its_remedy() {
    let late = format!("{ROWS}Code: 241, e.displayText() = DB::Exception: Memory limit");
    let said = |code: u16, text: &str| (code, vec![], format!("Code: 1, e.displayText() = DB::Exception: {text}"));
    let cases: Vec<(Reply, &str)> = vec![
        (
            said(404, "Unknown setting param_flag"),
            "refused: this server knows no parameters: set usage.shop.binding = \"literals\"",
        ),
        (
            said(404, "Table default.e doesn't exist"),
            "refused: usage.shop.query: 404 Not Found: Code: 1, e.displayText() = DB::Exception: Table",
        ),
        (said(400, "Syntax error"), "refused: usage.shop.query: 400 Bad Request: Code: 1"),
        (said(500, "Memory limit"), "not done: usage.shop answered 500 Internal Server Error: Code: 1"),
        (said(401, "Wrong password"), "the credentials are not taken: usage.shop was refused"),
        ((200, vec![], late), "refused: usage.shop.query: Code: 241"),
        ((404, vec![], "nothing here".into()), "not there: nothing answers such questions at usage.shop.address"),
        ((200, vec![], "1\t2\n".into()), "not done: usage.shop answered 200 OK without a readable document"),
        ((200, vec![], "{\"a\":1}".into()), "refused: usage.shop.query: expected the columns hour and sum"),
    ];
    for (reply, said) in cases {
        let world = World::start(move |_: &Ask| reply.clone()).await;
        let error = world.client(PullKind::Sql, QUERY).pull(ABOUT, HOURS).await.unwrap_err().to_string();
        assert!(error.starts_with(said), "{error}, not {said}");
    }
    let world = World::start(|_: &Ask| (200, vec![], ROWS.into())).await;
    let mut settings = world.settings(PullKind::Sql, QUERY);
    settings.binding = Binding::Literals;
    let sql = client(settings).unwrap();
    let error = sql.pull(About { flag: Some("x\\"), ..ABOUT }, HOURS).await.unwrap_err().to_string();
    assert!(error.contains("a name with a backslash"), "{error}");
    assert_eq!((world.asked().len(), sql.needs_flag()), (0, true));
}
