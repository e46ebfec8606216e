//! `--seed`: where the seeds of a command begin.
//!
//! Each command has its own `--seeds`, since the defaults differ.

use clap::Args;

use super::error::CommandError;
use super::variation::Variation;
use crate::units::Seed;

/// Where the seeds begin.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct SeedArgs {
    /// First seed of the random numbers
    #[arg(long, value_name = "N", default_value_t = Seed::default().0, allow_negative_numbers = true)]
    seed: u64,
}

impl SeedArgs {
    /// The first seed.
    pub(super) fn first(self) -> Seed {
        Seed(self.seed)
    }

    /// `count` seeds, from the first on.
    ///
    /// # Errors
    /// The last would be above the greatest seed.
    pub(super) fn seeds(self, count: u32) -> Result<Vec<Seed>, CommandError> {
        let last_offset = u64::from(count).saturating_sub(1);
        let Some(last) = self.seed.checked_add(last_offset) else {
            return Err(CommandError::usage(format!(
                "{count} seeds from --seed {} on go beyond the greatest, {}; write --seed {} or less",
                self.seed,
                u64::MAX,
                u64::MAX - last_offset
            )));
        };
        Ok((self.seed..=last).map(Seed).collect())
    }
}

impl SeedArgs {
    /// Names other seeds than the first `usual_count` in the default folder's name.
    pub(super) fn vary(self, count: u16, usual_count: u16, variation: &mut Variation) {
        if self.first() != Seed::default() {
            variation.add(format!("seed-{}", self.seed));
        }
        if count != usual_count {
            let noun = if count == 1 { "seed" } else { "seeds" };
            variation.add(format!("{count}-{noun}"));
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
        let seeds = SeedArgs { seed: 7 }.seeds(3).expect("in range");
        assert_eq!(seeds, [Seed(7), Seed(8), Seed(9)]);
    }

    #[test]
    fn the_greatest_seed_may_be_the_last_and_none_follows_it() {
        let last = SeedArgs { seed: u64::MAX - 1 }.seeds(2).expect("in range");
        assert_eq!(last, [Seed(u64::MAX - 1), Seed(u64::MAX)]);
        let beyond = SeedArgs { seed: u64::MAX }.seeds(2).expect_err("beyond");
        insta::assert_snapshot!(beyond, @"2 seeds from --seed 18446744073709551615 on go beyond the greatest, 18446744073709551615; write --seed 18446744073709551614 or less");
    }
}
