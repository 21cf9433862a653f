//! GitHub as an App or with a token, through octocrab. Knows no database and repeats nothing by itself.
