#!/bin/bash
# With Open MPI's or MPICH's mpirun: HOSTS names the machines and how many processes each gets.
#   HOSTS=machine1:2,machine2:2 DATASET=/shared/imagenet OUTPUT=/shared/results Examples/cluster/mpirun.sh benchmark
command=${1:-benchmark}
shift || true
exec mpirun ${HOSTS:+--host "$HOSTS"} -n "${PROCESSES:-2}" \
  saliency "$command" --dataset "$DATASET" --output "$OUTPUT" "$@"
