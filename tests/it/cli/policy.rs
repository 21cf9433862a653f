//! `hearback policy`: a file is judged before it is pushed.

use super::Desk;

#[test]
fn a_policy_is_judged_where_it_lies() {
    let desk = Desk::new();
    let schema = desk.json(&["policy", "schema"]);
    assert_eq!(schema["properties"]["tickets"]["enum"][3], "auto");
    std::fs::write(desk.path().join("good.yml"), "tickets: off\n").unwrap();
    let ended = desk.run(&["policy", "test", "good.yml"]);
    let said = "There is no rollout of the last 90 days on which this policy can be tried.\n";
    assert_eq!((ended.status, ended.out.as_str()), (0, said), "{ended:#?}");
    let told = desk.json(&["policy", "test", "good.yml", "--repo", "acme/shop", "--days", "30", "--json"]);
    assert_eq!((&told["ok"], &told["days"], &told["filed"]), (&true.into(), &30.into(), &0.into()));

    std::fs::write(desk.path().join("bad.yml"), "version: 1\ntickets: of\nmin_poeple: 3\n").unwrap();
    let ended = desk.run(&["policy", "test", "bad.yml"]);
    let wanted = "bad.yml:2:10: tickets: found the text \"of\"; did you mean off?\n\
                  bad.yml:3:1: min_poeple: there is no setting \"min_poeple\"; did you mean min_people?\n";
    assert_eq!((ended.status, ended.out.as_str()), (1, wanted), "{ended:#?}");
    let ended = desk.run(&["policy", "test", "bad.yml", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    let place = (&told["faults"][0]["line"], &told["faults"][0]["column"]);
    assert_eq!((ended.status, place), (1, (&2.into(), &10.into())));
    for (arguments, status) in
        [(&["policy", "test", "none.yml"][..], 1), (&["policy", "test", "good.yml", "--repo", "x"], 2)]
    {
        assert_eq!(desk.run(arguments).status, status, "{arguments:?}");
    }
}
