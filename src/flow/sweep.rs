//! Looks for what was missed: deliveries that failed while hearback was away, and tickets filed twice all the same.
