"""Shards without a scheduler: GNU parallel over ssh on two hosts, of which one goes away in the middle."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from bench import Bench, expect, said
from slurm import kill_tree, run as command, wait

SERVER = """
ListenAddress {address}
Port {port}
HostKey {root}/host_key
PidFile {root}/{name}.pid
AuthorizedKeysFile {root}/user_key.pub
AuthenticationMethods publickey
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
SetEnv PATH={path}
"""
CLIENT = """
Host {name}
    HostName {address}
    Port {port}
    User root
    IdentityFile {root}/user_key
    IdentitiesOnly yes
    UserKnownHostsFile {root}/known
    StrictHostKeyChecking no
    LogLevel ERROR
"""
HOSTS = [("w1", "127.0.0.1", 10022), ("w2", "127.0.0.2", 10023)]
SHARDS = 8
# The shard that fails the first time.
REFUSED = 7


def run(bench: Bench, root: Path) -> None:
    root.mkdir()
    os.makedirs("/run/sshd", exist_ok=True)
    for key in ("host_key", "user_key"):
        command(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(root / key)])
    servers = [subprocess.Popen(words(root, *host)) for host in HOSTS]
    (root / "ssh_config").write_text("".join(
        CLIENT.format(root=root, name=name, address=address, port=port) for name, address, port in HOSTS))
    # The user's own choice of ssh, as PARALLEL_SSH has it.
    environment = {**os.environ, "PARALLEL_SSH": f"ssh -F {root}/ssh_config"}
    for name, *_ in HOSTS:
        answers = ["ssh", "-F", str(root / "ssh_config"), name, "true"]
        wait(lambda: subprocess.run(answers, capture_output=True, check=False).returncode == 0, 20, f"ssh to {name}")  # noqa: B023

    out = "results/by-ssh"
    # A runner refuses a directory that has another's files.
    foreign = bench.folder / f"{out}.shards/{REFUSED}-of-{SHARDS}/trials.csv"
    foreign.parent.mkdir(parents=True)
    foreign.touch()
    began = time.monotonic()
    log = bench.folder / "joblog"
    # docs/cluster.md has this line.
    parallel = ["parallel", "-S", "1/w1,1/w2", "--workdir", str(bench.folder), "--retries", "3", "--joblog", str(log), str(bench.runner), "sweep",
                "small.toml", "--out", out, "-j", "1", "--progress", "none", "--shard", f"{{}}/{SHARDS}", ":::", *map(str, range(SHARDS))]
    sweep = subprocess.Popen(parallel, cwd=bench.folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    wait(lambda: log.exists() and len(log.read_text().splitlines()) > 2, 90, "the first shards by ssh")
    kill_tree(servers[1].pid)
    _, stderr = sweep.communicate(timeout=300)
    expect(sweep.returncode == 1, f"parallel counts the shard that was refused: {sweep.returncode}\n{stderr}")
    first = jobs(log)
    hosts = [host for _, host, _ in first]
    expect(hosts.count("w1") > hosts.count("w2"), f"the other host takes the shards over: {hosts}")
    expect([shard for shard, _, code in first if code != 0] == [REFUSED], f"one shard was refused, and no other one: {first}\n{stderr}")
    foreign.unlink()
    again = subprocess.run([parallel[0], "--resume-failed", *parallel[1:]], cwd=bench.folder, env=environment, capture_output=True, text=True,
                           timeout=300, check=False)
    expect(again.returncode == 0, f"what has failed is run again: {again.returncode}\n{again.stderr}")
    second = jobs(log)[len(first):]
    expect([(shard, code) for shard, _, code in second] == [(REFUSED, 0)], f"--resume-failed runs that shard alone: {second}")
    bench.run("merge", f"{out}.shards")
    expect(bench.history(out) == bench.history("alone"), "the history of shards by ssh is that of one machine, byte for byte")
    expect(bench.status(out)["done"] == SHARDS, "all is done")
    kill_tree(servers[0].pid)
    said(f"GNU parallel over two hosts by ssh, of which one was killed, and --resume-failed with a shard that was refused: the history of one machine, byte for byte, "
         f"after {time.monotonic() - began:.0f} s")


def jobs(log: Path) -> list[tuple[int, str, int]]:
    """The shards in GNU parallel's log, each with its host and its exit code."""
    found = [line.split("\t") for line in log.read_text().splitlines()[1:]]
    return [(int(columns[8].split("/")[-2].split()[-1]), columns[1], int(columns[6])) for columns in found]


def words(root: Path, name: str, address: str, port: int) -> list[str]:
    """Starts the server of a host, in the foreground. It executes itself anew from /: paths are absolute."""
    configuration = root / f"{name}.conf"
    configuration.write_text(SERVER.format(root=root, name=name, address=address, port=port, path=os.environ["PATH"]))
    return ["/usr/sbin/sshd", "-D", "-f", str(configuration), "-E", str(root / f"{name}.log")]
