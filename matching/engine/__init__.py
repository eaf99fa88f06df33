"""The matching engine: exact, certified, explained; NumPy, SciPy and OR-Tools only, no Django.

    solution = solve(Problem(demand=[1, 1], capacity=[1], mentee=[0, 1], mentor=[0, 0], score=[3, 5]))
    solution.certificate.ok, why_not(problem, solution, 0, 0), why_unmatched(problem, solution, 0)

`matching.engine.field` turns people and criteria into a `Problem`.
"""

from matching.engine.certificate import certify
from matching.engine.explain import Change, Counterfactual, Shortage, why_not, why_unmatched
from matching.engine.network import EngineError
from matching.engine.problem import Problem
from matching.engine.solution import Certificate, Solution
from matching.engine.solver import solve

__all__ = [
    "Certificate", "Change", "Counterfactual", "EngineError", "Problem", "Shortage", "Solution",
    "certify", "solve", "why_not", "why_unmatched",
]  # fmt: skip
