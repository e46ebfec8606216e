//! The number of retries that the clients may send together.

use super::clients::Retries;

/// The maximum number of tokens in the bucket.
///
/// Finagle's `RetryBudget` accumulates ten seconds of unused budget. At its minimum of ten retries
/// per second, that is a hundred tokens.
const TOKENS_MAX: f64 = 100.0;

/// A token bucket: each request adds a share of a token, each retry takes one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryBudget {
    per_request: Option<f64>,
    tokens: f64,
}

impl RetryBudget {
    /// A full bucket.
    #[must_use]
    pub fn new(retries: &Retries) -> Self {
        Self {
            per_request: retries.budget,
            tokens: TOKENS_MAX,
        }
    }

    /// Adds the share of a request's first attempt.
    #[inline]
    pub fn deposit(&mut self) {
        if let Some(share) = self.per_request {
            self.tokens = (self.tokens + share).min(TOKENS_MAX);
        }
    }

    /// Takes a token for one retry. Returns whether there was one.
    pub fn withdraw(&mut self) -> bool {
        if self.per_request.is_none() {
            return true;
        }
        if self.tokens < 1.0 {
            return false;
        }
        self.tokens -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::SimSpan;

    fn budget(share: Option<f64>) -> RetryBudget {
        RetryBudget::new(&Retries {
            max: 3,
            backoff: SimSpan::ZERO,
            max_backoff: SimSpan::ZERO,
            budget: share,
        })
    }

    fn granted(budget: &mut RetryBudget, asked: u32) -> usize {
        (0..asked).filter(|_| budget.withdraw()).count()
    }

    #[test]
    fn a_spent_budget_grants_its_share_of_requests() {
        let mut budget = budget(Some(0.25));
        assert_eq!(granted(&mut budget, 1000), 100);
        for _ in 0..40 {
            budget.deposit();
        }
        assert_eq!(granted(&mut budget, 1000), 10);
    }

    #[test]
    fn without_a_budget_every_retry_is_granted() {
        assert_eq!(granted(&mut budget(None), 1000), 1000);
    }
}
