//! The rules of tags and stages (T1 to T9 of the design), sentence by sentence, with the tests that prove each: here, in other
//! scenarios, and in the tests of the core.
//!
//! | | sentence | tests |
//! |---|---|---|
//! | T1 | A customer has one wanted set of corp tags. | `a_customer_has_one_set_of_tags_whoever_put_them_on` |
//! | T1 | Groups made by Stepwise are mirrored to every open relation | `a_group_made_by_stepwise_is_on_every_open_relation_and_on_no_closed_one` |
//! | T1 | every other group starts as `changes`: new changes go to all relations, history is not copied | `in_another_group_new_changes_go_to_all_phones_and_history_does_not` |
//! | T1 | one adopted for a board included | `a_messy_group_is_adopted_silently_and_mirrored_when_somebody_says_so`, `a_board_over_tags_that_customers_carry_already_takes_them_over_as_they_are` |
//! | T1 | `leave` is emptied for a tag by that tag's next change | `what_a_phone_was_let_be_ends_with_the_next_change_of_that_tag_in_the_console`, `what_a_phone_was_let_be_ends_with_the_next_change_of_that_tag_on_a_phone` |
//! | T1 | and for a group by the job `all`, count and confirmation first | `a_messy_group_is_adopted_silently_and_mirrored_when_somebody_says_so`, `a_group_that_is_mirrored_whole_copies_history_and_nothing_else` |
//! | T1 | To be marked is (wanted − mirror) − `leave`; a new relation starts with an empty `leave` | `a_new_friend_gets_all_that_is_wanted_history_too` |
//! | T1 | Personal tags are shown, never mirrored | `a_tag_of_ones_own_is_shown_and_goes_to_nobody_else` |
//! | T1 | Each tag keeps its origin, cause, time | `each_tag_tells_where_it_came_from_why_and_since_when` |
//! | T1 | optional expiry | `a_tag_comes_off_every_phone_at_its_second_and_the_sop_that_needs_it_ends`, `put_on_again_without_an_end_it_stays` |
//! | T2 | A board is bound to one tag group, new or adopted | `every_template_makes_a_board`, `a_board_over_a_group_that_customers_have_begins_with_a_job_that_makes_its_cards` |
//! | T2 | at most one tag of it per customer | `a_customer_has_one_tag_of_a_boards_group_whichever_side_puts_on_the_second`, `two_stages_of_one_board_at_once_are_refused_and_one_instead_of_the_other_moves_the_card` |
//! | T2 | that tag IS the stage, bound by id | `a_stage_tag_that_is_renamed_in_wecom_is_the_same_stage_because_it_is_bound_by_id` |
//! | T2 | Deleting the tag or group outside Stepwise moves nobody: the stage turns `tag_missing` | `deleting_a_stage_tag_in_wecom_moves_nobody`, `a_group_that_is_deleted_in_wecom_moves_nobody_and_every_stage_lacks_its_tag` |
//! | T2 | 重建标签 is a job | `a_tag_that_was_deleted_in_wecom_is_rebuilt_and_put_on_whoever_stands_there`, `only_who_lacks_the_rebuilt_tag_gets_it_and_no_rule_takes_it_for_news` |
//! | T2 | A stage tag that staff remove without a successor takes the card off the board | `a_stage_tag_taken_off_without_a_successor_takes_the_card_off_from_either_side`, `a_stage_tag_that_gives_way_to_its_successor_is_one_move_from_either_side` |
//! | T3 | A stage change is one act: old tag off, new tag on, history, exits, enrollments; from a drag | `a_stage_change_is_one_act_from_a_drag` |
//! | T3 | from a phone | `a_stage_change_is_one_act_from_either_phone` |
//! | T3 | from the console and the API | `a_stage_change_is_one_act_from_a_tag_in_the_console`, `a_stage_change_is_one_act_from_the_edit_of_many` |
//! | T3 | from a rule | `a_stage_change_is_one_act_from_a_rule`, `a_customer_who_asks_the_price_moves_and_gets_the_three_steps_of_that_stage` |
//! | T3 | from an undo | `a_stage_change_is_one_act_from_an_undo` |
//! | T4 | Phone edits are the difference between what was fetched and the mirror, never the wanted set | `what_is_wanted_and_not_yet_on_a_phone_is_not_taken_off_by_an_edit_of_that_phone` |
//! | T4 | while a mark is under way, or when a fetch began before its result, the fetch is thrown away and repeated | `an_edit_beside_a_mark_that_may_or_may_not_have_happened_is_read_once_that_is_settled`, `a_drag_while_a_stale_phone_edit_is_being_fetched_does_not_jump_back`, `a_fetch_that_comes_back_during_a_marking_is_thrown_away_and_repeated`, `a_fetch_that_began_before_a_marking_had_its_result_is_thrown_away_and_repeated` |
//! | T4 | Several new stage tags in one fetch: the event's staff member wins; the others are told | `of_two_stages_the_one_of_whose_edit_we_were_told_wins_and_the_other_is_told` |
//! | T4 | else the owner | `of_two_stages_of_which_nobody_told_the_owners_wins` |
//! | T4 | else the later stage | `of_two_stages_that_are_nobodys_in_particular_the_later_wins` |
//! | T5 | Our API writes produce no callbacks | `what_we_write_ourselves_comes_back_as_no_callback_and_is_no_phone_edit` |
//! | T5 | Hints: fetch, compare. A duplicate of a hint asks again | `a_hint_that_comes_twice_asks_twice_and_changes_once` |
//! | T5 | a duplicate of a happening is dropped | `a_happening_that_comes_twice_happens_once` |
//! | T5 | Inbox key: SHA-256 of the whole decrypted event | `five_hundred_real_callbacks_are_accepted_and_kept` |
//! | T6 | Unfriending closes a side of the relation, never deletes it; a relation is open while both sides are | `whoever_ends_it_is_told_with_when_and_the_other_side_stays_as_it_was`, `a_colleague_who_is_still_a_friend_takes_over_and_nothing_ends` |
//! | T6 | 84061 on a relation that was whole closes the staff's side | `what_wecom_refuses_to_mark_for_want_of_a_friend_has_lost_the_staffs_side` |
//! | T6 | a half-added one waits | `whoever_was_only_half_added_waits_for_staff_to_add_back` |
//! | T6 | A side reopens only by a later adding, or by a fetch whose createtime is later; any other fetch reopens nothing | `a_customer_who_parted_is_not_back_because_wecom_still_shows_them`, `only_a_friendship_that_began_after_the_parting_reopens_a_relation` |
//! | T6 | A happening whose CreateTime is before that side's last change changes nothing | `a_parting_that_is_told_after_they_are_friends_again_changes_nothing`, `an_adding_that_is_told_after_the_parting_brings_nobody_back` |
//! | T6 | No open relation: SOPs exit `no_relation`, the card is hidden and counted apart | `unfriending_by_either_side_hides_the_card_and_ends_the_sops`, `stages_have_their_numbers_and_owners_have_theirs` |
//! | T6 | back within 30 days: those enrollments resume | `back_within_thirty_days_they_go_on_and_the_earlier_friendship_is_kept`, `back_after_more_than_thirty_days_the_card_is_shown_and_the_sop_is_over` |
//! | T7 | What the first synchronisation reveals is recorded: no rules, no SOP, no welcome, nothing written, `since` unknown | `a_corp_is_taken_over_and_nothing_reacts` |
//! | T7 | likewise the adoption of a group | `a_messy_group_is_adopted_silently_and_mirrored_when_somebody_says_so` |
//! | T7 | or a wider visible range | `what_was_there_long_before_is_taken_over_silently` |
//! | T7 | Later reconciliation only queues hints | `what_a_lost_callback_would_have_told_is_found_and_rules_and_sops_follow`, `a_comparison_that_finds_nothing_changes_nothing` |
//! | T7 | more than 200 reacting differences stop it until an admin chooses: react | `too_many_differences_wait_and_are_reacted_to_if_an_admin_says_so` |
//! | T7 | or adopt silently | `too_many_differences_wait_and_are_taken_over_silently_if_an_admin_says_so` |
//! | T8 | A stage move by a rule is forward by default | `a_rule_that_would_move_a_card_back_moves_nothing_puts_on_no_tag_and_a_fact_says_so` |
//! | T8 | and never leaves won or lost | `a_customer_who_has_ordered_and_asks_the_price_stays_where_they_are_and_a_fact_says_why` |
//! | T8 | per rule: `any` | `a_rule_that_may_move_anywhere_does_also_out_of_won` |
//! | T8 | Refused: no tag, no move, a fact says so | `a_rule_that_would_move_a_card_back_moves_nothing_puts_on_no_tag_and_a_fact_says_so` |
//! | T8 | People and explicit API calls may move anywhere | `people_move_a_card_back_and_out_of_won_by_drag_by_phone_and_by_tag` |
//! | T9 | Undo is a signal naming the fact: it restores stage, tags and the enrollments that it exited, cancels those it started | `an_undo_restores_stage_tags_and_what_had_exited_and_cancels_what_had_begun_on_every_side`, `tags_of_no_board_come_back_too_on_every_phone` |
//! | T9 | 24 h from the timeline | `after_a_day_nothing_is_taken_back_and_just_before_it_is` |
//! | T9 | also for batches | `a_wrong_drag_of_three_hundred_cards_is_undone_by_one_request` |
//! | T9 | and rules | `what_a_rule_did_is_taken_back_by_its_entry_and_not_done_again_by_the_undo` |
//! | T9 | unless something was sent | `an_sop_that_has_sent_something_goes_on_though_the_move_that_began_it_is_taken_back` |
//! | T9 | what others built on stays | `what_was_changed_since_is_not_taken_back` |
//! | T9 | Touches of a new stage fall due no sooner than 2 minutes after entry | `touches_of_a_new_stage_fall_due_no_sooner_than_two_minutes_after_entry` |

mod t1;
mod t2;
mod t3;
mod t4;
mod t5;
mod t8;
mod t9;

use std::path::Path;

use serde_json::{Value, json};
use tests::World;

use super::price::company;

/// The worked example's company; 王先生 is a friend of 张三, who serves him, and of 李四.
async fn befriended() -> World {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    world.sim("customers/wmA/add", json!({"userid": "li"})).await;
    world
}

async fn stage(world: &World) -> Option<String> {
    world.stage("wmA", "sales").await
}

/// What 张三's phone shows, and what 李四's.
async fn phones(world: &World) -> [Vec<String>; 2] {
    [world.wecom_tags("wmA", "zhang").await, world.wecom_tags("wmA", "li").await]
}

async fn drag(world: &World, stage: &str) -> Value {
    world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": stage})).await.ok()
}

/// Tags changed in the console.
async fn edit(world: &World, add: &[&str], remove: &[&str]) -> Value {
    world.post("/api/v1/customers/wmA/tags", json!({"add": add, "remove": remove})).await.ok()
}

/// Tags changed on somebody's phone.
async fn on_phone(world: &World, staff: &str, add: &[&str], remove: &[&str]) {
    let edit = json!({"external_userid": "wmA", "add": add, "remove": remove});
    world.sim(&format!("staff/{staff}/tag"), edit).await;
}

/// The texts of all Rust files below a folder.
fn sources(folder: &Path, texts: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, texts);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            texts.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_test_that_the_table_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = String::new();
    sources(&root.join("it"), &mut texts);
    sources(&root.join("../shared/domain/src/react/tests"), &mut texts);
    let rows: Vec<&str> =
        include_str!("laws.rs").lines().filter(|line| line.starts_with("//! | T")).collect();
    assert!(rows.len() > 50);
    for row in rows {
        let tests = row.rsplit('|').nth(1).unwrap();
        let names: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "{row}");
        for name in names {
            assert!(texts.contains(&format!("fn {name}()")), "{name}");
        }
    }
}
