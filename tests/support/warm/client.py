"""Stands for a Python process that runs elsewhere: ``python -I -S client.py SOCKET`` and Python's own arguments.

It hands its arguments, environment, working folder and open files to the server, passes on the signals it gets, and
ends as the process it stands for ends. It imports built-in modules alone, so that it starts at once.
"""
# pyright: reportPrivateUsage=false

import _socket
import marshal
import posix
import signal
import struct
import sys


def main() -> None:
    """Have the program run, and wait for its end."""
    server = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda got, _: server.send(bytes([got])))
    server.connect(sys.argv[1])
    asked = marshal.dumps((sys.argv[2:], posix.environ, posix.getcwdb()))
    files = struct.pack("3i", 0, 1, 2)
    server.sendmsg([struct.pack("I", len(asked))], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, files)])
    server.sendall(asked)
    parent = posix.getppid()
    server.settimeout(1)
    while True:
        try:
            ended = server.recv(4)
            break
        except TimeoutError:
            # Whoever started this may be gone without a word.
            if posix.getppid() != parent:
                posix._exit(1)
    code = struct.unpack("i", ended)[0] if ended else 1
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        posix.kill(posix.getpid(), -code)
    posix._exit(code)


main()
