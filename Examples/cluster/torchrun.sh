#!/bin/bash
# With torchrun, which comes with PyPI's torch: on every machine
#   NODES=2 NODE=0 HEAD=machine1 DATASET=/shared/pictures OUTPUT=/shared/run Examples/cluster/torchrun.sh train --architecture resnet18
#   NODES=2 NODE=1 HEAD=machine1 …
# or on one alone, without NODES, NODE and HEAD. PROCESSES are those on each machine.
command=${1:-benchmark}
shift || true
exec torchrun --no-python --nnodes "${NODES:-1}" --node-rank "${NODE:-0}" --nproc-per-node "${PROCESSES:-2}" \
  --master-addr "${HEAD:-127.0.0.1}" --master-port "${PORT:-29500}" \
  saliency "$command" --dataset "$DATASET" --output "$OUTPUT" "$@"
