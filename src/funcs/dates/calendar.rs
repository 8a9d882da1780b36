//! The proleptic Gregorian calendar over all of Go's 64-bit seconds.
//!
//! Days are counted from 1 March of a year so early that every `int64` of seconds since 1970 is positive; sums wrap
//! around as Go's do.

/// The year whose 1 March is day 0: a multiple of 400 before all representable times.
const FIRST_YEAR: i64 = -292_277_022_400;

/// The days of 400 years.
const ERA_DAYS: u64 = 146_097;

/// Seconds from the first day to 1970.
const TO_UNIX: u64 = (FIRST_YEAR.unsigned_abs() / 400 * ERA_DAYS + DAYS_TO_1970) * DAY_SECONDS;

/// Days from 1 March of year 0 to 1 January 1970.
const DAYS_TO_1970: u64 = 719_468;

const DAY_SECONDS: u64 = 86_400;

/// The English names of the months.
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The English names of the days of the week.
pub(super) const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// A date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date {
    pub(super) year: i64,
    /// From 1.
    pub(super) month: i64,
    /// From 1.
    pub(super) day: i64,
}

/// Date and time of day of a number of seconds since 1970 in some zone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Civil {
    days: u64,
    second_of_day: i64,
}

impl Civil {
    pub(super) fn of(seconds: i64) -> Civil {
        let seconds = (seconds as u64).wrapping_add(TO_UNIX);
        Civil { days: seconds / DAY_SECONDS, second_of_day: (seconds % DAY_SECONDS) as i64 }
    }

    pub(super) fn date(self) -> Date {
        let era = self.days / ERA_DAYS;
        let day_of_era = self.days % ERA_DAYS;
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = (era * 400 + year_of_era) as i64 + FIRST_YEAR + i64::from(month < 3);
        Date { year, month: month as i64, day: day as i64 }
    }

    /// The day of the year, from 1.
    pub(super) fn year_day(self) -> i64 {
        let date = self.date();
        days_before(date.month) + date.day + i64::from(date.month > 2 && is_leap(date.year))
    }

    /// The day of the week, from Sunday, which is 0.
    pub(super) fn weekday(self) -> usize {
        // Day 0 is a Wednesday, as 1 March 2000 was.
        ((self.days + 3) % 7) as usize
    }

    pub(super) fn hour(self) -> i64 {
        self.second_of_day / 3600
    }

    pub(super) fn minute(self) -> i64 {
        self.second_of_day / 60 % 60
    }

    pub(super) fn second(self) -> i64 {
        self.second_of_day % 60
    }
}

/// The seconds from 1970 to the start of a date whose day may lie outside its month.
pub(super) fn unix_of(date: Date) -> i64 {
    let years = date.year.wrapping_sub(FIRST_YEAR).wrapping_sub(i64::from(date.month < 3)) as u64;
    let from_march = if date.month < 3 { date.month + 9 } else { date.month - 3 } as u64;
    let (era, year) = (years / 400, years % 400);
    let days = (era.wrapping_mul(ERA_DAYS))
        .wrapping_add(365 * year + year / 4 - year / 100 + (153 * from_march + 2) / 5)
        .wrapping_add(date.day.wrapping_sub(1) as u64);
    days.wrapping_mul(DAY_SECONDS).wrapping_sub(TO_UNIX) as i64
}

pub(super) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// The days of a common year before a month; month 13 is the end of the year.
pub(super) fn days_before(month: i64) -> i64 {
    const BEFORE: [i64; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];
    usize::try_from(month - 1).ok().and_then(|at| BEFORE.get(at)).copied().unwrap_or_default()
}

/// How many days a month has.
pub(super) fn days_in(month: i64, year: i64) -> i64 {
    if month == 2 && is_leap(year) { 29 } else { days_before(month + 1) - days_before(month) }
}

/// Moves whole multiples of `base` from the low number into the high one.
pub(super) fn carry(high: i64, low: i64, base: i64) -> (i64, i64) {
    (high.wrapping_add(low.div_euclid(base)), low.rem_euclid(base))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_seconds_convert_both_ways() {
        let cases = [
            (0, (1970, 1, 1), 4, 1),
            (951_782_400, (2000, 2, 29), 2, 60),
            (-62_135_596_800, (1, 1, 1), 1, 1),
            (253_402_300_799, (9999, 12, 31), 5, 365),
            (-62_167_219_200, (0, 1, 1), 6, 1),
        ];
        for (seconds, (year, month, day), weekday, year_day) in cases {
            let civil = Civil::of(seconds);
            assert_eq!(civil.date(), Date { year, month, day });
            assert_eq!((civil.weekday(), civil.year_day()), (weekday, year_day));
            assert_eq!(unix_of(civil.date()), seconds.div_euclid(86_400) * 86_400);
        }
    }
}
