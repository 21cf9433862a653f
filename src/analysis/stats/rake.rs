//! Raking: weights that bring a table of answers to the audience's margins, where only the margins are known (iterative
//! proportional fitting, Deming and Stephan 1940).

/// Passes over rows and columns.
const PASSES_MAX: u32 = 200;
/// How far a row's sum may be off its margin, as a share, when the passes end.
const TOLERANCE: f64 = 1e-13;

/// Why there are no weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RakeError {
    /// Rows or columns are not as many as their margins, or there are none.
    Shape,
    /// A number is negative or not finite, or the margins of rows and columns do not add up to the same.
    Margins,
    /// The row at this place has an audience but no answers: join it with another.
    EmptyRow(usize),
    /// The column at this place has an audience but no answers: join it with another.
    EmptyColumn(usize),
}

/// Weights for the cells of a table, rows first.
#[derive(Clone, Debug, PartialEq)]
pub struct Raked {
    /// What an answer in each cell counts for; audience per answer.
    pub weights: Vec<Vec<f64>>,
    /// Whether rows and columns both fit; empty cells can make it impossible.
    pub fits: bool,
}

/// Weights such that the rows of `weights · cells` add up to `rows` and the columns to `columns`.
pub fn rake(cells: &[Vec<f64>], rows: &[f64], columns: &[f64]) -> Result<Raked, RakeError> {
    check(cells, rows, columns)?;
    let mut weights = vec![vec![1.0; columns.len()]; rows.len()];
    let row_sum = |w: &[Vec<f64>], i: usize| -> f64 { w[i].iter().zip(&cells[i]).map(|(w, c)| w * c).sum() };
    let column_sum = |w: &[Vec<f64>], j: usize| -> f64 { w.iter().zip(cells).map(|(w, c)| w[j] * c[j]).sum() };
    let mut fits = false;
    for _ in 0..PASSES_MAX {
        for (i, target) in rows.iter().enumerate() {
            let sum = row_sum(&weights, i);
            if sum <= 0.0 && *target > 0.0 {
                return Err(RakeError::EmptyRow(i));
            }
            let factor = if sum > 0.0 { target / sum } else { 1.0 };
            for w in &mut weights[i] {
                *w *= factor;
            }
        }
        for (j, target) in columns.iter().enumerate() {
            let sum = column_sum(&weights, j);
            if sum <= 0.0 && *target > 0.0 {
                return Err(RakeError::EmptyColumn(j));
            }
            let factor = if sum > 0.0 { target / sum } else { 1.0 };
            for row in &mut weights {
                row[j] *= factor;
            }
        }
        fits = rows.iter().enumerate().all(|(i, target)| (row_sum(&weights, i) - target).abs() <= TOLERANCE * target);
        if fits {
            break;
        }
    }
    Ok(Raked { weights, fits })
}

fn check(cells: &[Vec<f64>], rows: &[f64], columns: &[f64]) -> Result<(), RakeError> {
    let square = cells.len() == rows.len() && cells.iter().all(|row| row.len() == columns.len());
    if !square || rows.is_empty() || columns.is_empty() {
        return Err(RakeError::Shape);
    }
    let counts = |v: &[f64]| v.iter().all(|x| x.is_finite() && *x >= 0.0);
    let (of_rows, of_columns) = (rows.iter().sum::<f64>(), columns.iter().sum::<f64>());
    let same = (of_rows - of_columns).abs() <= 1e-6 * of_rows.max(of_columns);
    if !counts(rows) || !counts(columns) || !cells.iter().all(|row| counts(row)) || !same || of_rows <= 0.0 {
        return Err(RakeError::Margins);
    }
    Ok(())
}
