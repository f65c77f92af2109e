"""The jobs of a run as actors of a Ray cluster: the same `Station`, the same rows, on other machines.

Works are read here, so only requests and rows travel; the driver alone writes results, and a run that was killed goes on as any other.
Every node needs this package, the engines' environments at the same paths, and tokenizer and model folders likewise (a shared file
system). A node that dies takes only the work it had: that work is given to another actor, `ATTEMPTS` times, and becomes a row of status
``crash`` then.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Any

from maskwright.errors import MissingDependencyError

from .run import Event, Plan, Station

if TYPE_CHECKING:
    from .run import Run, Work

ATTEMPTS = 3


class RemoteStation:
    """A `Station` whose answers come as lists, since an actor returns values."""

    def __init__(self, plan: Plan):
        self.station = Station(plan)

    def run(self, request: dict[str, Any], engines: list[str]) -> list[Event]:
        return list(self.station.run(request, engines))


def go_ray(run: Run, bar: Any) -> None:
    """Run what is still to do on ``run.plan.jobs`` actors.

    Raises
    ------
    MissingDependencyError
        Without ray.
    """
    try:
        import ray
        import ray.exceptions
    except ImportError as error:
        raise MissingDependencyError("ray", "ray") from error
    address = run.plan.ray
    ours = not ray.is_initialized()
    if ours:
        ray.init(address=None if address == "local" else address, include_dashboard=False, log_to_driver=False, configure_logging=False)
    actor_class = ray.remote(num_cpus=1)(RemoteStation)
    queue: deque[tuple[int, Work]] = deque(enumerate(run.todo))
    failures: Counter[str] = Counter()
    busy: dict[Any, tuple[Any, int, Work, dict[str, Any]]] = {}
    plan = run.plan._replace(ray=None)
    idle = [actor_class.remote(plan) for _ in range(min(run.plan.jobs, len(queue)))]
    actors = list(idle)
    try:
        while queue or busy:
            while idle and queue:
                number, work = queue.popleft()
                engines = run.engines_for(number, work)
                request = run.request_of(work, engines)
                if request is None:
                    bar.update()
                    continue
                actor = idle.pop()
                busy[actor.run.remote(request, engines)] = (actor, number, work, request)
            if not busy:
                break
            done, _ = ray.wait(list(busy), num_returns=1)
            actor, number, work, request = busy.pop(done[0])
            try:
                events = ray.get(done[0])
            except ray.exceptions.RayActorError as error:
                failures[work.id] += 1
                actors.append(actor := actor_class.remote(plan))
                if failures[work.id] < ATTEMPTS:
                    queue.append((number, work))
                    idle.append(actor)
                    continue
                fault = {"class": "crash", "message": f"the node: {error}"[:500]}
                row = {"status": "crash", "error": fault, "phase": "request", "verdicts": [], "seconds": 0.0, "peak_mib": 0.0}
                events = [Event("row", engine, row) for engine in run.engines_for(number, work)]
            for event in events:
                run.note(work, request, event)
            idle.append(actor)
            bar.update()
    finally:
        for actor in actors:
            ray.kill(actor)
        if ours:
            ray.shutdown()
