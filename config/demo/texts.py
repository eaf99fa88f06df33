"""What invented people write."""

POSITION = (
    "I look after the daily work of a small group and its budget.",
    "I build and run instruments that others use for their experiments.",
    "I analyze data from several projects and write the software for it.",
    "I plan maintenance and shutdowns, and talk to everyone whom they touch.",
    "I coordinate proposals and reports between three divisions.",
    "I study materials under heat and pressure, mostly at the large facilities.",
    "I support scientists in purchasing, contracts and deliveries.",
    "I model flows and test the models against measurements.",
)
EXPERIENCE = (
    "Six years in industry before I came here; I had to learn how research decides.",
    "Two moves between directorates, one of them at my own wish.",
    "A start as a technician, then evening studies.",
    "Postdoc years in two countries, with a family.",
    "I led a project that failed, and another one that did not.",
)
STRENGTHS = (
    "People say that I listen well and keep my word.",
    "I get things finished, and I like to explain.",
    "I know many people here and bring them together.",
    "Calm when it gets loud.",
)
OWN_GOALS = (
    "To learn from people at the beginning of their path.",
    "To get better at difficult conversations.",
    "To see more of the laboratory than my own corridor.",
)
CAREER_GOALS = (
    "In two years I want to lead a small team. In the long run I see myself responsible for a facility.",
    "I want to find out whether I belong into research or into operations, and then go for it.",
    "First a permanent position, then a research program of my own.",
    "I would like to become the person whom others ask about data.",
    "I do not know yet. That is why I apply.",
)
EXPECTATIONS = (
    "Honest words about what I should learn next.",
    "Somebody outside my line whom I can ask anything.",
    "Doors that I do not know of.",
)
FOCUS = (
    "Getting ready to lead a team, and finding out which kind of team.",
    "Data skills that carry beyond the present project.",
    "A plan for the next two years that is written down and real.",
    "Writing the first proposal of one's own.",
    "Being heard in meetings with many senior people.",
)
RESULT = (
    "A development plan agreed with the supervisor, and one step of it taken.",
    "A proposal handed in by the end of the year.",
    "Two talks given, one of them outside our own division.",
    "A decision between two paths, with open eyes.",
)
BOUNDARIES = (
    "We meet in working hours. What is said stays with us. No performance matters, no lobbying for positions."
)
PLAN = {
    "short_term_goals": "Coordinate one work package, and finish the course on leading without authority.",
    "long_term_goals": "Lead a team of five to ten people at the border of data and operations.",
    "competencies": "Planning with others, budgets, giving feedback, and a firm ground in data analysis.",
    "strengths": "Patience, a good eye for detail, the trust of the technicians.",
    "needs": "Speaking up early, delegating, reading a budget.",
}
ACTIVITIES = (
    ("strength", "Show two new colleagues how the shift plan is made"),
    ("need", "Prepare and lead one division meeting"),
    ("need", "Shadow the budget review for a day"),
    ("need", "Take the course on feedback"),
)
NOTES = (
    "Talked about the reorganization. Next time: draft of the plan.",
    "Good hour. Two contacts to write to.",
    "",
)
COMMENTS = (
    "My mentor made time even in the busiest weeks.",
    "More events where pairs meet other pairs, please.",
    "The agreement helped us: we knew what to expect.",
    "I would have liked to start earlier in the year.",
    "I learned more than I gave, as a mentor.",
    "The first meeting was awkward. A few questions to begin with would have helped.",
    "Keep matching across directorates. I would never have met her otherwise.",
    "An hour a month is too little in the beginning.",
    "I applied for a new position because of our talks, and got it.",
    "Please ask fewer questions in the application form.",
    "It was good that nobody reported to anybody.",
    "Our calendars were the hardest part.",
    "I know now what I do not want. That is worth a lot.",
    "Tell supervisors more about the program.",
    *[""] * 30,
)
