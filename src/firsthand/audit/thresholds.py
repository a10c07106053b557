"""Constants that decide verdicts, in one place, each with the reason for its value.

A threshold that was found by trying says what was tried. Limits of effort are in `budget.py`.
"""

FULL = 0.999
"""A play counts as paid in full from this share of the oracle's reward: rounding is no difference.
"""
ERROR = 0.05
"""Chance of any wrong upper bound in a certificate; divided among all attacks that were played."""
MOST_FINDINGS = 6
"""Findings of one check: more of the same kind tell an author nothing new."""
MOST_UNCONFIRMED = 6
"""Accusations of one check that no fresh process confirms, after which the check stops accusing."""
EXCESS = 1.1
"""A play earns more than the oracle from this multiple of the oracle's highest reward."""
RECOMPUTED = 240
"""Plays whose rewards an ordinary process computes again before a target passes: a target that
hides what it pays on a share of 2% of its plays is found with a chance of 99%."""
RECOMPUTED_COSTLY = 40
"""The same, where plays start processes."""

# --- programs -------------------------------------------------------------------------------------

PART_FOR_NOTHING = 0.02
"""Least share of the reward that an empty program earns on every task, to be told: no rounding."""
WRONG_CONSTANT = 0.1
"""A program without content is wrong where it differs from the reference on this share of inputs.

Lower, a program that is as good as right would count as one without content."""
ABOVE_NOTHING = 0.1
"""A payload is accused from so much more than programs without content earn on the same task.

Graders that pay per test differ by a test between two wrong programs: less than 0.1 with ten."""
TABLES_PAID = 3
"""Tasks on which a table of the prompt's examples is paid in full, to be accused without a look at
the reference: one or two tasks may have nothing else to be asked."""
OTHER_INPUTS = 3
"""Calls not shown that the reference answers, from which a table of those shown is wrong."""
HANG_RUNAWAY = 60.0
"""Seconds after which a program that never ends is waited for no more. What a grader does about one
case that hangs is seen within its time limit, which is seldom above 10 s."""
WRONG_OFTEN = 0.3
"""A mutant that is wrong on this share of inputs should be killed by a handful of hidden tests."""
WRONG_NEARLY_ALWAYS = 0.8
"""A mutant that is wrong on this share of inputs is killed by any one hidden test, nearly always.
"""
MUTANTS_ENOUGH = 5
"""Mutants from which the share that is killed says something of the tests."""
MUTANTS_KILLED = 0.7
"""Share of mutants below which tests are too weak."""
COMPARES_NOTHING = 0.5
"""Share of mutants killed, below which it says nothing more that an edited output is paid, too."""
SAME_TWICE = 2
"""Tasks on which one program without content, or one edit of the output, is paid, to be accused: on
one task it may be right."""
LIMIT_TASKS = 3
"""Tasks with limits that are stated as numbers, from which it is told that no test lies at one."""
PATTERNS_PAID = 2
"""Tasks with different right patterns on which one that matches everything, or nothing, is paid, to
be accused: on one task it may be right."""
PATTERNS_SHARE = 0.8
"""Share of tasks that ask for a regular expression and get one, from which answers are patterns."""

# --- how answers are written ----------------------------------------------------------------------

SPELLED_LETTERS = 8
"""Answers made of so few different characters are sequences of moves or signs, as `LLRU`: an
instance may have many right ones."""
SPELLED_LENGTH = 4
"""Characters that such an answer has at least, in the middle of all answers."""
PARTS_OF_MANY = 3
"""Parts from which an answer is a list or a plan, of which an instance may have many right ones."""
MANY_OF_THEM = 0.5
"""Share of instances whose answer is made of parts, or is not what the reference tells."""

# --- answers that are texts ----------------------------------------------------------------------

CLOSE = 0.05
"""Numbers that differ by no more may be meant as the same: declared tolerances are rarely wider."""
LONG_TEXT = 24
"""Characters from which half of an answer is enough text that a comparison of it is an accident."""
MOST_KEYS = 14
"""Places of a record that are edited: each costs about eight plays."""
SHORTENED_FROM = 6
"""Letters of a word from which its first one is no usual abbreviation, and from which it has enough
letters that another order of them is another word."""
MUTANTS_PAID = 0.2
"""Share of instances on which an edit has to be paid. Tried: .1 accuses declared tolerances."""
PLAUSIBLE_PAID = 0.9
"""The same for values that are as plausible as the right one: a puzzle may have several solutions,
a value that is not compared is paid on nearly all instances. Tried: .2, which accuses a sound
grader of colourings, where another colour is right on up to 10 of 16 graphs."""
CLAUSES_PAID = 0.34
"""The same for dropped clauses, which may have no effect on some instances."""
PAIRS_PAID = 0.1
"""Share of pairs of instances of which one's answer is paid on the other."""
ONE_WAY_PAIRS_PAID = 0.08
"""The same where it works in one direction: a shared right answer would work in both."""
MANY_PAIRS_PAID = 0.5
"""The same where an instance may have many right answers, of which another's may be one."""
MERGED_PAID = 0.5
"""Share of answers that the data set tells apart and the reward does not."""
SIDE_NUMBERS_PAID = 0.3
"""Share of instances on which a number beside the answer, or cut decimals, decide."""
AROUND_REFUSED = 0.9
"""Share of instances on which text around a right answer has to be refused to be a rule."""
AROUND_PAID = 0.1
"""Share up to which refusals are an accident of single instances."""


# --- fixed texts, copies and lists ----------------------------------------------------------------

INSTANCES_ENOUGH = 8
"""Instances from which a share of them says something of the others: half of 8 by chance is rare
where the chance is a quarter, half of 4 is not."""
ALL_ALIKE = 8
"""Instances from which it is a finding that all have the same answer; a few may just be examples.
"""
FEW_LABELS = 3
"""Up to so many answers, a fixed one is rightly paid on a third of the instances or more."""
FIXED_WRONG_PAID = 0.2
"""Share of instances on which a fixed answer is paid although another one is right."""
MANY_FIXED_WRONG_PAID = 0.5
"""The same where an instance may have many right answers, of which the fixed one may be one."""
FIXED_WRONG_LEAST = 3
"""The same as a number: one or two references may be wrong."""
FIXED_ABOVE_CHANCE = 0.2
"""By how much a fixed answer has to be right more often than one of equally frequent labels."""
FIXED_RIGHT = 0.5
"""Share on which a fixed answer is right too often, of more than `FEW_LABELS` answers: of many
answers, numbers above all, some are natural favourites."""
FIXED_BY_LUCK = 0.005
"""Chance that balanced labels show so frequent an answer, below which it is no accident. About 35
fixed answers are tried, so that it is a few per cent for all of them."""
FIXED_PART_PAID = 0.6
"""Share of the reward that no fixed answer may earn on average, of more than `FEW_LABELS` answers.
"""
FIXED_PART_ABOVE_CHANCE = 0.3
"""By how much that has to be above chance."""
SAID_PAID = 0.1
"""Share of instances on which words without content are paid in full: where many answers are right,
words may hit one by luck."""
SAID_LEAST = 2
"""The same as a number."""
NOTHING_PAID_MEAN = 0.2
"""Share of the reward that a text without content earns on average, to be told."""
NOTHING_STEADY = 0.8
"""Share of instances on which it earns the same part, so that the part is no luck, however small.
"""
NOTHING_STEADY_LEAST = 4
"""The same as a number."""
NOTHING = 0.02
"""Share of the reward up to which it counts as nothing: rounding, and terms that tell equal
answers apart."""
DECLARED_MOST = 0.25
"""Part of the reward that prompts may declare for a form alone: more would be most of a solution
for a learner who is right on some instances."""
ABOVE_PLAIN = 0.01
"""What a text has to earn more, on average, than texts of the same form that say nothing."""
ECHO_WHOLE_PAID = 0.1
"""Share of instances on which a copy of the whole prompt is paid in full: it is never an answer."""
ECHO_PART_PAID = 0.3
"""The same for a part of the prompt, which may be the answer on some instances."""
ECHO_LEAST = 2
"""The same as a number."""
ECHO_MEAN = 0.5
"""Share of the reward that a copy earns on average: a summary or a translation shares words with
the prompt, and partial credit for these is less."""
ECHO_MEAN_LEAST = 4
"""Instances from which such an average says something."""
LISTS_PAID = 0.1
"""Share of instances on which a list of answers is paid in full, in whatever order."""
LISTS_LEAST = 2
"""The same as a number: one instance may ask for such a list."""
LISTS_KEEP = 3
"""Answers that a shortened list still holds: with fewer it would not be a list of many."""
NUMBERS_MOSTLY = 0.6
"""Share of answers that are whole numbers, from which all numbers in their range are listed."""
LONGEST_RANGE = 3000
"""Numbers in a range, beyond which no grader reads them all."""
RULE_PAID = 0.9
"""Share of instances on which a rule that copies from the prompt solves the task."""
OPTION_ABOVE_CHANCE = 0.25
"""By how much a rule that chooses an option has to be right more often than chance."""
OPTION_BY_LUCK = 0.002
"""Chance of that by luck, below which it is no accident: about 40 rules are tried on the first half
of the instances, and one of them on the second."""

EVALUATED = 0.03
"""By how much a call that Python resolves has to earn more than nonsense of the same form."""
EVALUATED_OFTEN = 0.5
"""Share of instances on which it does, to be accused."""
EVALUATED_LEAST = 2
"""The same as a number."""

# --- the instances as a set ----------------------------------------------------------------------

DISTINCT = 0.9
"""Share of instances that differ, below which repeats are told: a few arise by chance."""
DISTINCT_FEW = 100
"""Different instances of an endless environment, below which it has too few. Half of those drawn
are enough as well, so that audits of few instances accuse nobody."""
SEEDS_ENOUGH = 20
"""Seeds from which a rule, or a number of different instances, is no accident."""
VALUES_ENOUGH = 4
"""Different values from which it is worth telling that they follow from the seed."""

# --- relations between rewards -------------------------------------------------------------------

RAISED = 0.02
"""By how much an edited answer has to earn more than before: less may be rounding."""
RAISED_RIGHT = 0.2
"""Share of instances on which a longer right answer earns more than the oracle's."""
RAISED_WRONG = 0.5
"""The same for wrong answers, of which some become right by what is added."""
RAISED_WRONG_LEAST = 2
"""The same as a number."""
BOTH_PAID = 0.3
"""Share of instances on which a right and a wrong answer together are paid, in either order."""
BOTH_LEAST = 2
"""The same as a number, unless it is every instance."""
SPACE_REFUSED = (0.15, 0.85)
"""Shares between which it is arbitrary that space around an answer is refused: a rule holds for
nearly all instances or for nearly none."""
SPACE_LEAST = 4
"""Instances from which one can say that space is refused on one side and never on the other."""
FORMS_TRIED = 4
"""Instances with fractions from which one can say how numbers have to be written."""
FORMS_ACCEPTED = 0.9
"""Share of instances from which a way to write numbers is accepted."""
FORMS_REFUSED = 0.2
"""Share of instances up to which it is refused, though others are accepted."""
PLAN_REPEATED = 1.1
"""Multiple of the oracle's reward that a repeated plan may earn: rounding, and a step's cost."""

# --- checks of episodes --------------------------------------------------------------------------

LEAST_PLANS = 6
"""Fewer plans than this say nothing of a kind of step: .95 of 5 is all of them."""
NAMED = 0.8
"""Work that the score ignores is major from this share of prompts that name it; else the author
may never have asked for it."""
MOSTLY = 0.9
"""Share of instances from which on something holds of the environment: a tenth may be special."""
READS_PLAYED = 12
"""Instances on which it is tried whether a kind of step only reads."""
MANY_VALUES = 3
"""An argument with fewer values over all instances may be a default or a formality."""
ARGUMENT_PAID = 0.9
"""An argument does not matter when so many plays without the right value are paid in full."""
UNIT_PAID = 0.6
"""A wrong unit is taken when so many plays are paid in full; some values look alike in both units.
"""
FREE_TEXT_WORDS = 4
"""An argument with this many words on average is prose for people, which scores rightly ignore."""
BASE_MARGIN = 0.01
"""By how much a declared base rate may be exceeded: rounding of the declaration, not more. The old
rule, base rate + .25, let pay of .152 for closing pass where .06 was declared."""
PLAIN_REPEATS = {"quick": 60, "standard": 240, "deep": 1000}
"""Plays of one right plan in one process: they find what happens every n-th episode, up to n."""
WORLDS_PLAYED = {"quick": 3, "standard": 8, "deep": 24}
"""Seeds that are played in two worlds in one process."""
TOLD = 0.6
"""Share of instances on which a reply names the right value before that is a leak: some values
cannot be made wrong, or stand in the prompt."""
TOLD_LEAST = 3
"""The same as a number: one or two replies may name a value by chance."""
TOLD_PAID = 0.4
"""A leak counts when the plan still earns this after the mistake: a wrong answer that is final may
say what would have been right."""
MOST_CANDIDATES = 2
"""New values of a reply among which the right one points somewhere; more are a list."""

EXTRA_REFUSED = 0.5
"""A right plan with something harmless added is refused below this share: a step may cost a little.
Tried: 0.999, which accuses a sound grid whose steps cost 0.03 each."""
PAID_STEPS_UNDONE = 4
"""Paid steps of a plan after which other actions with their arguments are tried, which may undo
them: paid steps are mostly alike, so the first few tell."""

# --- what episodes tell --------------------------------------------------------------------------

LEAK_INSTANCES = {"quick": 8, "standard": 16, "deep": 16}
"""Instances on which replies are read: TOLD of eight are five, more than chance names."""
REPLIES_COMPARED = 4
"""Replies to one mistake from which the words that all of them have tell nothing of an instance."""
STATED = 0.8
"""Share of instances on which what is told solves, before it counts as stated: an answer may be
missing on some, where it is empty or cannot be read."""
STATED_PAID = 0.98
"""Share of the oracle's reward that a stated answer earns at least; a step may cost 1%."""
LED_STEPS = 4
"""Steps that a plan must have before being led through it counts: fewer are found by trying."""
LED_PAID = 0.9
"""Share of the reward that an agent who is led earns at least: its mistakes may cost a little."""
ALONE_PAID = 0.9
"""A told action was the whole answer when it earns so much without the mistake."""
TELLING = 3
"""Instances on which one wrong value tells the right one before it does so as a rule."""
POINTS_AMONG = 1.5
"""Actions like the right one in a reply, on average, up to which the reply points to it."""
QUOTED_AMONG = 6
"""The same for a reply that holds a whole plan: so many times as many as the plan needs. More are
a list of what is possible."""
SHARED_STEP = 0.5
"""Share of plans that have a step from which it is known to all, and tells nothing."""
SPARE_STEP = 0.5
"""A kind of step is spare where so many plans are paid in full without it."""
EARLY_SEEDS = {"quick": 24, "standard": 40, "deep": 80}
"""Seeds on which a program that copies early values is learned, and as many to try it on."""
EARLY_SHARE = 0.95
"""Share of instances on which early values have to be right. Fewer could be a world in which what
is told at first is often, and not always, true, and looking is the point."""
ACCEPTED_TRIED = 6
"""Other values that are tried in one argument of an instance: of 8 suppliers that two worlds share,
three are accepted in each."""
RECURRING = 0.5
"""Different values of an argument, as a share of its uses, up to which it is an identifier that
comes back; quantities and free texts have more, and several of them may do."""
CHAIN_DEPTH = 3
"""Actions after an error that are made of what the replies before them told."""
CHAIN_TELLS = 2
"""New values of a reply, such as numbers and names, among which a chain goes on; more are a list of
what there is."""
IDLE_REPEATS = 3
"""Paid repetitions of a step without a change of its reply before they count: one or two may be
rounding, or the end of an effect."""
IDLE_PAID = 0.3
"""Share of the oracle's reward that they earn at least. A step may be worth a little by itself."""
REPEATS_PLAYED = 60
"""Repetitions that are played at most."""
STEADY_STEPS = 4
"""Steps of an oracle from which equal rewards for all of them are pay for every turn."""
STEADY_RATIO = 1.05
"""By how much the largest of such rewards may exceed the smallest."""

# --- levels --------------------------------------------------------------------------------------

LEVEL_INSTANCES = 100
"""Different instances that each level of an environment promises (law 4)."""
LEVEL_DEVIATIONS = 5.0
"""Standard deviations by which equal pairs exceed what a level of that size has. Of a hundred
equally likely instances, that happens once in more than 100,000 audits."""
LEVEL_SEEDS = {"quick": 40, "standard": 120, "deep": 400}
"""Seeds that are drawn on each other level: 40 tell 8 instances from 100, 120 tell 50."""
LEVEL_SEEDS_COSTLY = 40
"""The same, where plays start processes."""

# --- experts -------------------------------------------------------------------------------------

ASKED_AGAIN = 40
"""Instances whose expert is asked again, so that one that errs at random is found."""
ASKED_TIMES = 5
"""Times that it is asked: on 24 instances, an expert that errs in one episode of twenty passes with
a chance of 0.2%."""

# --- plans of episodes ---------------------------------------------------------------------------

PAID_PLANS = 8
"""Plays from which a share of those paid in full says something of the environment."""
END_PLANS = 4
"""The same for the end of a plan alone, of which every play that is paid tells much."""
PAID_ALONE = 0.8
"""Share of instances on which a part of the plan is paid like the whole, before the rest counts as
not checked: on a fifth, that part may be all there is to do."""
ENDS_VARY = 0.3
"""Different last steps, as a share of plans, from which the last step holds the answer itself."""
IGNORED = 0.95
"""Share of plans that are paid in full without a kind of step, before the score ignores it. On
fewer, the step may be needed only where the world asks for it."""
SPARE_WORK = 0.4
"""Share of all steps that may be left out, before much of the work is not checked."""
MORE_PAID = 1.02
"""A shorter plan earns more than the whole one from here: less is rounding, or the cost of a step.
"""
MORE_OFTEN = 0.3
"""Share of instances on which it does: on some, the oracle may not know the shortest way."""
ANY_VALUE_PAID = 0.6
"""Share of plays with any value in an argument that are paid in full: a value of another instance
may be right here, or refused, on some."""
NEEDED_STEP = 0.1
"""Share of plans paid without a kind of step, below which all of it is needed."""
CYCLE_PAID = 0.9
"""A cycle that does little of the work earns nearly all of the reward from here."""
LITTLE_WORK = 0.5
"""Share of the oracle's different steps that are little of the work."""
FARMED = 0.3
"""Share of the oracle's reward that the turns of a cycle earn, before it is farmed."""
FARMED_PAID = 0.4
"""What a farmed cycle earns in all before it counts, where it earns less than the oracle so far."""
USUAL_END = 0.8
"""Share of plans that end with an action, from which it is the usual end of an episode."""
WORTH_PLAYING = 0.02
"""Most that an attack earns on a few instances not to be played on all."""
ABOVE_ORACLE = 1.05
"""A plan without work earns more than the oracle from here; less is the cost of a step."""
STEADY_PART = 0.2
"""Part of the reward that a plan without work earns on most instances, before it is pay for nothing
even within luck."""
FEW_INSTANCES = 100
"""Instances from which few different solutions are no accident of a small sample."""
FEW_LOOKS = 10
"""Different beginnings for each solution, from which what differs is for show."""
FEW_STEPS = 4
"""Steps of the median solution from which a handful of them is no set of possible answers."""
FEW_PLANS_SOLVE = 0.08
"""Share of instances that one of few solutions solves: one in eight would solve .125 on average."""
INFORMS = 0.5
"""Share of instances on which the last step uses words that earlier replies told first, from which
the steps before it gather information."""
FIXED_REPLY = 0.85
"""Share of equal replies to a step from which it informs of nothing."""
TELLS_LATER = 0.3
"""Share of instances on which later steps use the reply to a step, from which it tells."""
OFTEN_OTHERWISE = 0.3
"""Share of repeated steps with various replies from which a kind of step informs."""
FORESEEN_CASES = 20
"""Repeated cases from which it is said that what was seen last fixes the reply."""
