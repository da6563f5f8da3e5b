"""The demo's before and after: the questions people ask the chatbot, and the SQL it writes for them.

Rule kept here: each question is one SQL text, the same for everybody; who asks is all that changes the answer.
"""

from __future__ import annotations

from dataclasses import dataclass

from proxy.demo.people import BOT


@dataclass(frozen=True, slots=True)
class Asked:
    """One person asking through one app (None for their own tool)."""

    person: str
    app: str | None = BOT


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked in words and in SQL, and by whom; `before` also asks the warehouse as the bot's own account."""

    words: str
    sql: str
    asked: tuple[Asked, ...]
    before: bool = True


QUESTIONS: tuple[Question, ...] = (
    Question(
        "Who are our best customers, and how do I write to them?",
        """\
SELECT c.id, c.email, c.region, SUM(o.amount) AS spent
FROM sales.customers AS c
JOIN sales.orders AS o ON o.customer_id = c.id
GROUP BY ALL
ORDER BY spent DESC
LIMIT 4""",
        (Asked("analyst"), Asked("support")),
    ),
    Question(
        "What do people earn, by department?",
        """\
SELECT department, COUNT(*) AS people, ROUND(AVG(salary)) AS average_salary
FROM people.employees
GROUP BY department
ORDER BY average_salary DESC
LIMIT 4""",
        (Asked("analyst"), Asked("hr", app=None)),
    ),
    Question(
        "Who earns most? (one person, two ways: the bot is granted less than the person)",
        """\
SELECT name, email, salary
FROM people.employees
ORDER BY salary DESC
LIMIT 3""",
        (Asked("hr"), Asked("hr", app=None)),
        before=False,
    ),
    Question(
        "What do customers write in urgent tickets?",
        """\
SELECT id, body
FROM support.tickets
WHERE priority = 'high' AND subject IN ('Change of address', 'Charged twice', 'Cannot log in')
ORDER BY id
LIMIT 3""",
        (Asked("support"), Asked("auditor")),
    ),
    Question(
        "What must couriers know? (a column the policy forgot: the scan is the second line)",
        """\
SELECT id, delivery_note
FROM sales.orders
WHERE delivery_note LIKE '% %' AND region = 'EU'
ORDER BY id
LIMIT 4""",
        (Asked("analyst"),),
    ),
)
