//! `--seed`: where the seeds of a command begin.
//!
//! Self-imposed limit: how many there are is each command's own `--seeds`, since defaults differ.

use clap::Args;

use super::variation::Variation;
use crate::units::Seed;

/// Where the seeds begin.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct SeedArgs {
    /// The seed from which all chance follows
    #[arg(long, value_name = "N", default_value_t = Seed::default().0, allow_negative_numbers = true)]
    seed: u64,
}

impl SeedArgs {
    /// The first seed.
    pub(super) fn first(self) -> Seed {
        Seed(self.seed)
    }

    /// So many seeds, from the first on; after the greatest comes 0.
    pub(super) fn seeds(self, count: u16) -> Vec<Seed> {
        (0..u64::from(count))
            .map(|offset| Seed(self.seed.wrapping_add(offset)))
            .collect()
    }
}

impl SeedArgs {
    /// Names other seeds than the first `usual_count` in the default folder's name.
    pub(super) fn vary(self, count: u16, usual_count: u16, variation: &mut Variation) {
        if self.first() != Seed::default() {
            variation.add(format!("seed-{}", self.seed));
        }
        if count != usual_count {
            variation.add(format!("{count}-seeds"));
        }
    }
}

/// The seeds as a summary has them.
pub(super) fn seed_numbers(seeds: &[Seed]) -> Vec<u64> {
    seeds.iter().map(|seed| seed.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_counted_from_the_first_on() {
        let seeds = SeedArgs { seed: 7 }.seeds(3);
        assert_eq!(seeds, [Seed(7), Seed(8), Seed(9)]);
    }

    #[test]
    fn the_greatest_seed_is_followed_by_0() {
        let seeds = SeedArgs { seed: u64::MAX }.seeds(2);
        assert_eq!(seeds, [Seed(u64::MAX), Seed(0)]);
    }
}
