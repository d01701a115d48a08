#!/usr/bin/env bash
# A batch system of this machine alone: Slurm with one node, whose daemons, jobs
# and files end with this script. Workers are its jobs, through
# future.batchtools. Needs root, and of Debian slurm-wlm, munge and
# r-cran-future.batchtools.
#   bash tools/local-slurm.sh [POINTS, 1e5]
set -euo pipefail
cd "$(dirname "$0")/.."

export USER=${USER:-$(id -un)}
work=$(mktemp -d)
chmod 755 "$work"
daemons=() # the last one ends first
remove() {
  scancel --user="$USER" 2>/dev/null || true
  for daemon in "${daemons[@]}"; do
    kill "$daemon" 2>/dev/null && wait "$daemon" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap remove EXIT

mkdir "$work/state" "$work/spool" "$work/munge"
dd if=/dev/urandom of="$work/munge/key" bs=128 count=1 status=none
chmod 400 "$work/munge/key"
munged --foreground --force --key-file="$work/munge/key" \
  --socket="$work/munge/socket" --pid-file="$work/munge/pid" \
  --seed-file="$work/munge/seed" >"$work/munge.log" 2>&1 &
daemons=($! "${daemons[@]}")

host=$(hostname -s)
export SLURM_CONF=$work/slurm.conf
cat >"$SLURM_CONF" <<END
ClusterName=local
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$work/munge/socket
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldPort=16817
SlurmdPort=16818
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
MpiDefault=none
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=$host Default=YES State=UP
END
slurmctld -D >"$work/slurmctld.log" 2>&1 &
daemons=($! "${daemons[@]}")
slurmd -D >"$work/slurmd.log" 2>&1 &
daemons=($! "${daemons[@]}")

for _ in $(seq 60); do
  if sinfo --noheader --format=%t 2>/dev/null | grep -q idle; then break; fi
  sleep 1
done
sinfo || { cat "$work"/slurm*.log; exit 1; }

export RKEOPS_TEMPLATE="$work/job.tmpl"
cat >"$RKEOPS_TEMPLATE" <<'END'
#!/bin/bash
#SBATCH --job-name=<%= job.name %>
#SBATCH --output=<%= log.file %>
#SBATCH --error=<%= log.file %>
#SBATCH --cpus-per-task=<%= resources$ncpus %>
Rscript -e 'batchtools::doJobCollection("<%= uri %>")'
END
# the folder of the results of jobs, which future.batchtools makes where R is
root=$PWD
cd "$work"
Rscript "$root/tools/compare-workers.R" slurm "${1:-1e5}"
