//! Jira, Cloud and Data Center. Knows no database and repeats nothing by itself.
