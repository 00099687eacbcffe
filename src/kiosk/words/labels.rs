//! The fixed texts of the page: what stands on its buttons, panels and dialogs.

/// Declares the texts by name. The page gets them as JSON under the same names.
macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// The fixed texts of one language. A word in braces is a place that the page fills.
        #[derive(Debug)]
        pub struct Labels { $($(#[$doc])* pub $name: &'static str,)+ }

        impl Labels {
            /// All of them with their names.
            pub fn all(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
                [$((stringify!($name), self.$name)),+].into_iter()
            }
        }
    };
}

labels! {
    /// Title of the page.
    title,
    /// Shown until the first state has come.
    wait,
    /// Beside the canteen's name: which meal comes next, `{day}`, `{meal}`, `{from}`.
    next_meal,
    /// Of a meal.
    day_today,
    /// Of a meal.
    day_tomorrow,
    /// What was given: `{amount}` in yuan.
    amount,
    /// Name of the camera's picture.
    preview,
    /// The page has lost the daemon.
    lost,
    /// What then holds.
    lost_detail,
    /// Name of the strip.
    strip,
    /// Name of the group of satisfaction buttons.
    satisfaction,
    /// Opens the sign-in panel.
    sign_in,
    /// Signs out.
    sign_out,
    /// Who is signed in: `{name}`.
    signed_in,
    /// Opens the reviews.
    reviews,
    /// Opens the search.
    find,
    /// Opens today's list.
    today,
    /// Opens the late entry.
    late,
    /// Opens the box's state.
    device,
    /// Changes to the other language; written in that language.
    other_language,
    /// Closes a panel.
    close,
    /// Carries out what a dialog asks.
    confirm,
    /// Leaves a dialog.
    back,
    /// Closes a dialog that only tells.
    known,
    /// An elder without a name.
    no_name,
    /// `{years}`.
    age,
    /// `{digits}`.
    last4,
    /// Nobody waits for staff.
    no_reviews,
    /// Which of those who wait: `{at}` of `{count}`.
    review_at,
    /// When a review was written and how long ago: `{time}`, `{meal}`, `{seconds}`.
    review_since,
    /// Long waits: `{minutes}`.
    review_since_minutes,
    /// What to do with candidates.
    review_choose,
    /// What to do without candidates.
    review_nobody,
    /// More wait than are sent: only the `{count}` oldest.
    review_oldest,
    /// Shows the next review.
    review_next,
    /// None of the candidates.
    neither,
    /// What choosing none of them means.
    neither_explained,
    /// Searches for somebody who is not among the candidates.
    other_elder,
    /// Asks for confirmation of a choice.
    choose_question,
    /// Label of the search field.
    find_label,
    /// What to type.
    find_hint,
    /// Nothing was found.
    find_none,
    /// `{count}` more were found.
    find_more,
    /// A search could not be made.
    find_failed,
    /// Asks for a reason to register by hand.
    by_hand_question,
    /// How often still today, by hand: `{count}`.
    left_by_hand,
    /// Undone.
    left_void,
    /// Entered late.
    left_late,
    /// Key that deletes the last sign.
    erase,
    /// Key that shows digits.
    digits,
    /// Key that shows letters.
    letters,
    /// Diners today.
    diners,
    /// Subsidised meals today.
    subsidised,
    /// Nothing is in today's list.
    today_none,
    /// `{count}` older ones are not shown.
    today_more,
    /// In place of a name where a review expired.
    nobody,
    /// Undoes a row.
    undo,
    /// Asks for a reason to undo.
    undo_question,
    /// `{amount}` in yuan.
    yuan,
    /// By which operator: `{id}`.
    by_operator,
    /// Asks for a reason.
    reason,
    /// All parts of the box are well.
    device_well,
    /// Short, on the strip: something is the matter.
    device_ailing,
    /// Entries that wait for the city: `{count}`.
    pending,
    /// When the city last acknowledged something: `{time}`.
    last_upload,
    /// It never did.
    never_uploaded,
    /// Uploads now.
    upload,
    /// Asks for confirmation of an upload.
    upload_question,
    /// Shows the day's code.
    day_code,
    /// Says what to do with it.
    day_code_explained,
    /// Label of the operator's id.
    operator,
    /// Label of the PIN.
    pin,
    /// `{count}` seconds until the next attempt.
    retry_after,
    /// Step of a late entry: which day.
    late_date,
    /// Step of a late entry: which meal.
    late_window,
    /// Step of a late entry: label of the second operator's id.
    late_second,
    /// Chooses another elder.
    change,
    /// Scanned card: what to do when nobody is signed in.
    card_sign_in,
    /// No answer came.
    unreachable,
}
