"""Processes that run one function and can be killed: for work that may hang, crash or hold the interpreter lock.

Rule kept here: a call ends within its time, whatever the function does. A process whose state is not known any more
(timed out, crashed, its call cancelled) is killed, never used again, and replaced in the background. Processes end
with the one that started them, even if that is killed: the kernel signals the end of the life pipe (SIGIO), which
needs no help from an interpreter that may be stuck.

Limits: POSIX only. Arguments, results and exceptions travel by pickle (a trusted channel: both ends are this program),
at most `MAX_MESSAGE` bytes each. The function and its initializer must be importable by name in a fresh interpreter.
An exception arrives with its type and arguments, not its cause; where in the worker it was raised stands in a note.
A worker that died while idle is noticed before its next call. One `Workers` belongs to one event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import pickle
import select
import signal
import socket
import struct
import subprocess
import sys
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

MAX_MESSAGE = 1 << 30
START_TIMEOUT_S = 120.0
_HEARTBEAT_S = 1.0
_REAP_TIMEOUT_S = 10.0
_REAP_STEP_S = 0.005
_LAST_REAP_S = 1.0
_RETRY_S = 0.5
_CHUNK = 1 << 18
_LENGTH = struct.Struct("!Q")


class WorkerTimeout(Exception):
    """The call did not end in time; its process (if it had one) was killed."""


class WorkerDied(Exception):
    """The process crashed during the call, or there is no process to run it."""


class Workers:
    """`count` processes that each run `function`, one call at a time.

    `timeout_s` bounds the wait for a free process, and again the call itself. `initializer(*initargs)` runs once in
    each process before its first call. The process used last is used next, so that a quiet pool keeps warm caches."""

    def __init__(
        self,
        function: Callable[..., Any],
        count: int,
        timeout_s: float,
        initializer: Callable[..., None] | None = None,
        initargs: Sequence[Any] = (),
    ) -> None:
        if count < 1 or timeout_s <= 0:
            raise ValueError("a pool needs at least one process and a positive timeout")
        for given in (function, initializer):
            if getattr(given, "__module__", None) == "__main__":
                raise ValueError("workers run functions of importable modules, not of the main script")
        self._setup = pickle.dumps((function, initializer, tuple(initargs)), protocol=5)
        self.count = count
        self._timeout_s = timeout_s
        self._idle: list[_Process] = []
        self._waiters: deque[asyncio.Future[_Process]] = deque()
        self._slots: list[asyncio.Task[None]] = []
        self._open = False

    async def start(self) -> None:
        """Start every process and wait until each is warm. Raises what the initializer raised, or `WorkerDied`, or
        `WorkerTimeout` after `START_TIMEOUT_S`; then no process is left."""
        if self._slots:
            raise RuntimeError("the workers were started already")
        self._open = True
        loop = asyncio.get_running_loop()
        warm: list[asyncio.Future[None]] = [loop.create_future() for _ in range(self.count)]
        self._slots = [asyncio.create_task(self._keep_slot(first)) for first in warm]
        try:
            await asyncio.gather(*warm)
        except BaseException:
            await self.close()
            await asyncio.gather(*warm, return_exceptions=True)
            raise

    async def call(self, *args: Any) -> Any:
        """What the function returns for these arguments. Raises the function's own exception; `WorkerTimeout` when no
        process was free in time or the call did not end in time; `WorkerDied`. Cancelling it kills its process."""
        request = _request(args)
        worker = await self._take()
        return _result(await self._ask(worker, request))

    async def call_through(self, *args: Any) -> Any:
        """As `call`, for work that ends soon in processes that are dear to start: a call that is cancelled while it
        runs goes on to its end (or its time-out) unheard, and leaves its process to the next."""
        request = _request(args)
        worker = await self._take()
        asked = asyncio.ensure_future(self._ask(worker, request))
        asked.add_done_callback(_unheard)
        return _result(await asyncio.shield(asked))

    async def close(self) -> None:
        """Kill every process and wait until it is gone; calls still running or waiting raise `WorkerDied`."""
        self._open = False
        for slot in self._slots:
            slot.cancel()
        await asyncio.gather(*self._slots, return_exceptions=True)
        self._slots = []
        self._idle = []
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_exception(WorkerDied("the workers were closed"))

    async def _ask(self, worker: _Process, request: bytes) -> bytes:
        answered = False
        try:
            async with asyncio.timeout(self._timeout_s):
                reply = await worker.exchange(request)
            answered = True
        except TimeoutError:
            raise WorkerTimeout(f"the work did not end within {self._timeout_s:g} s; its process was killed") from None
        except (OSError, EOFError):
            raise WorkerDied("the process ended during the call") from None
        finally:
            if not answered:
                worker.kill()
        self._give(worker)
        return reply

    async def _take(self) -> _Process:
        if not self._open:
            raise WorkerDied("the workers are not running")
        while self._idle:
            worker = self._idle.pop()
            if worker.alive():
                return worker
            worker.kill()
        waiter: asyncio.Future[_Process] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await waiter
        except TimeoutError:
            self._return(waiter)
            raise WorkerTimeout(f"no process was free within {self._timeout_s:g} s") from None
        except BaseException:
            self._return(waiter)
            raise

    def _return(self, waiter: asyncio.Future[_Process]) -> None:
        """Give up waiting; a process that was handed over in the same moment goes to the next in line."""
        if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
            self._give(waiter.result())
        else:
            with contextlib.suppress(ValueError):
                self._waiters.remove(waiter)

    def _give(self, worker: _Process) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(worker)
                return
        self._idle.append(worker)

    async def _keep_slot(self, warm: asyncio.Future[None]) -> None:
        """Keep one process in the pool for as long as the pool is open; `warm` tells how the first start went."""
        try:
            while True:
                try:
                    worker = await self._start_process()
                except Exception as problem:  # whatever an initializer raises: start() tells it, a replacement retries
                    if not warm.done():
                        warm.set_exception(problem)
                    await asyncio.sleep(_RETRY_S)
                    continue
                if not warm.done():
                    warm.set_result(None)
                await self._offer(worker)
        finally:
            if not warm.done():
                warm.set_exception(WorkerDied("the workers were closed"))

    async def _offer(self, worker: _Process) -> None:
        """Put a process to use until it is of none."""
        try:
            self._give(worker)
            await worker.wait_useless()
        finally:
            if worker in self._idle:
                self._idle.remove(worker)
            await worker.end()

    async def _start_process(self) -> _Process:
        worker = _Process()
        started = False
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                started, error = _load(await worker.exchange(self._setup))
        except TimeoutError:
            raise WorkerTimeout("a process did not start in time") from None
        except (OSError, EOFError):
            raise WorkerDied("a process ended while it started") from None
        finally:
            if not started:
                await worker.end()
        if not started:
            raise error
        return worker


def _request(args: tuple[Any, ...]) -> bytes:
    request = pickle.dumps(args, protocol=5)
    if len(request) > MAX_MESSAGE:
        raise ValueError("the arguments are larger than a worker takes")
    return request


def _unheard(asked: asyncio.Future[bytes]) -> None:
    """A failure of a call that nobody waits for any more is no news: without this the event loop would log it."""
    if not asked.cancelled():
        asked.exception()


def _result(reply: bytes) -> Any:
    returned, value = _load(reply)
    if returned:
        return value
    raise value


class _Process:
    """One process, this side of it: a socket for requests and replies, and a pipe that only says we are alive."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        life, ours_life = os.pipe()
        # One core for each process: threads of its linear algebra would only take the other processes' cores.
        alone = "import os; os.putenv('OPENBLAS_NUM_THREADS', '1')"
        code = f"{alone}; import sys; sys.path[:] = {sys.path!r}; from proxy.workers import serve; serve()"
        command = [sys.executable, "-c", code, str(theirs.fileno()), str(life)]
        try:
            # An own process group: Ctrl-C at the terminal is for the parent, which then ends its workers.
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, no input in it
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), life),
                process_group=0,
            )
        except OSError:
            ours.close()
            os.close(ours_life)
            raise
        finally:
            theirs.close()
            os.close(life)
        ours.setblocking(False)
        self._socket = ours
        self._life = ours_life
        self._useless = asyncio.Event()
        self._exchanging = False
        self._ended = False

    @property
    def pid(self) -> int:
        return self._process.pid

    def alive(self) -> bool:
        """Whether the process runs; costs one system call."""
        return not self._useless.is_set() and self._process.poll() is None

    async def exchange(self, request: bytes) -> bytes:
        """Send a message and take the reply. Raises `OSError` or `EOFError` when the process ends."""
        self._exchanging = True
        try:
            await asyncio.get_running_loop().sock_sendall(self._socket, _LENGTH.pack(len(request)) + request)
            return await self._reply()
        finally:
            self._exchanging = False
            if self._ended:
                self._socket.close()

    async def _reply(self) -> bytes:
        loop = asyncio.get_running_loop()
        reply = bytearray()
        expected = _LENGTH.size
        while len(reply) < expected:
            chunk = await loop.sock_recv(self._socket, _CHUNK)
            if not chunk:
                raise EOFError
            reply += chunk
            if expected == _LENGTH.size and len(reply) >= expected:
                expected += _LENGTH.unpack_from(reply)[0]
        return bytes(memoryview(reply)[_LENGTH.size :])

    async def wait_useless(self) -> None:
        """Return once the process was killed or has ended by itself (out of memory, say)."""
        while self.alive():
            # Not wait_for: on Python 3.11 it forgets a cancellation that comes just after the event, and close() hangs.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_HEARTBEAT_S):
                    await self._useless.wait()

    def kill(self) -> None:
        """End the process whatever it does; it is never used again."""
        self._useless.set()
        if self._process.poll() is None:
            self._process.kill()

    async def end(self) -> None:
        """Kill, reap, and close what is ours, also when cancelled meanwhile: a process that was killed ends at once.
        A call that still waits hears the end of the socket and closes it; closed before, it would never hear."""
        self.kill()
        try:
            for _ in range(int(_REAP_TIMEOUT_S / _REAP_STEP_S)):
                if self._process.poll() is not None:
                    break
                await asyncio.sleep(_REAP_STEP_S)
        finally:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_LAST_REAP_S)
            self._ended = True
            if not self._exchanging:
                self._socket.close()
            os.close(self._life)


# --------------------------------------------------------------------------------------------------- in the process
def serve() -> None:
    """The process's main: take a request, run the function, reply, until the other end is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_parent(int(sys.argv[2]))
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        setup = _receive(channel)
        if setup is None:
            return
        function, reply = _set_up(setup)
        _send(channel, reply)
        while (request := _receive(channel)) is not None:
            _send(channel, _answer(function, request))


def _die_with_parent(life: int) -> None:
    """Have the kernel end this process (SIGIO's default action) when the parent's end of the pipe closes."""
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(life, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(life, fcntl.F_SETFL, fcntl.fcntl(life, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([life], [], [], 0)[0]:  # it closed before we asked
        os._exit(1)


def _set_up(setup: bytes) -> tuple[Callable[..., Any], bytes]:
    function: Callable[..., Any]
    try:
        function, initializer, initargs = _load(setup)
        if initializer is not None:
            initializer(*initargs)
    except Exception as error:  # told to the caller of start()
        return _nothing, _raised(error)
    return function, pickle.dumps((True, None), protocol=5)


def _nothing(*_args: Any) -> None:
    raise RuntimeError("this process did not start")


def _answer(function: Callable[..., Any], request: bytes) -> bytes:
    try:
        reply = pickle.dumps((True, function(*_load(request))), protocol=5)
        if len(reply) > MAX_MESSAGE:
            raise ValueError("the result is larger than a worker may return")
    except Exception as error:  # the function's own exception belongs to the caller
        return _raised(error)
    return reply


def _raised(error: Exception) -> bytes:
    """The exception as a reply, with the places it came through (files and lines, no values) as a note."""
    frames = traceback.extract_tb(error.__traceback__)
    error.add_note("In a worker process: " + " > ".join(f"{f.filename}:{f.lineno} {f.name}" for f in frames[-6:]))
    try:
        reply = pickle.dumps((False, error), protocol=5)
        _load(reply)
    except Exception:  # an exception class of any library; only its name can travel
        return pickle.dumps((False, RuntimeError(f"a worker raised {type(error).__qualname__}")), protocol=5)
    return reply


def _receive(channel: socket.socket) -> bytes | None:
    head = _read(channel, _LENGTH.size)
    return None if head is None else _read(channel, _LENGTH.unpack(head)[0])


def _read(channel: socket.socket, size: int) -> bytes | None:
    data = bytearray(size)
    view = memoryview(data)
    done = 0
    while done < size:
        got = channel.recv_into(view[done:])
        if got == 0:
            return None
        done += got
    return bytes(data)


def _send(channel: socket.socket, reply: bytes) -> None:
    channel.sendall(_LENGTH.pack(len(reply)) + reply)


def _load(message: bytes) -> Any:
    return pickle.loads(message)  # noqa: S301 - both ends of the channel are this program
