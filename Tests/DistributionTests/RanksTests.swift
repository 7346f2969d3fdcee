import Distribution
import Foundation
import Testing

@Suite struct RanksTests {
  /// What the launchers set, as taken down from `torchrun` 2.15, Open MPI 4.1 and Slurm 22.05, and what the descriptions of the others say.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let environment: [String: String]
    let ranks: Ranks?

    var testDescription: String { name }
  }

  static let torchrun = [
    "RANK": "1", "WORLD_SIZE": "2", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "node1",
    "MASTER_PORT": "33293", "TORCHELASTIC_RUN_ID": "job", "TORCHELASTIC_RESTART_COUNT": "0", "OMP_NUM_THREADS": "1",
  ]
  static let step = [
    "SLURM_PROCID": "5", "SLURM_NTASKS": "6", "SLURM_STEP_NUM_TASKS": "6", "SLURM_STEP_TASKS_PER_NODE": "2(x2),1(x2)",
    "SLURM_NODEID": "3", "SLURM_JOB_ID": "7", "SLURM_STEP_ID": "0", "SLURM_CPUS_ON_NODE": "8",
  ]
  static let array = [
    "SLURM_ARRAY_JOB_ID": "3", "SLURM_ARRAY_TASK_COUNT": "4", "SLURM_ARRAY_TASK_ID": "5", "SLURM_ARRAY_TASK_MIN": "1",
    "SLURM_ARRAY_TASK_STEP": "2", "SLURM_JOB_ID": "9", "SLURM_PROCID": "0", "SLURM_CPUS_ON_NODE": "4",
  ]

  static let cases = [
    Case(name: "nothing", environment: ["PATH": "/bin", "RANK": "3"], ranks: nil),
    Case(
      name: "torchrun", environment: torchrun,
      ranks: Ranks(
        .torchrun, rank: 1, of: 2, localCount: 2, launch: "job-0",
        meeting: Ranks.Meeting(host: "node1", port: 33293))),
    Case(name: "torchrun, alone", environment: torchrun.merging(["RANK": "0", "WORLD_SIZE": "1"]) { $1 }, ranks: nil),
    Case(
      name: "torchrun within a step of Slurm", environment: step.merging(torchrun) { $1 },
      ranks: Ranks(
        .torchrun, rank: 1, of: 2, localCount: 2, launch: "job-0",
        meeting: Ranks.Meeting(host: "node1", port: 33293))),
    Case(
      name: "Open MPI",
      environment: [
        "OMPI_COMM_WORLD_RANK": "3", "OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_LOCAL_SIZE": "2",
        "PMIX_NAMESPACE": "1150877697",
      ], ranks: Ranks(.openMPI, rank: 3, of: 4, localCount: 2, launch: "1150877697")),
    Case(
      name: "MPICH", environment: ["PMI_RANK": "0", "PMI_SIZE": "2", "MPI_LOCALNRANKS": "2"],
      ranks: Ranks(.mpi, rank: 0, of: 2, localCount: 2)),
    Case(
      name: "srun", environment: step,
      ranks: Ranks(.slurm, rank: 5, of: 6, localCount: 1, processors: 8, launch: "7-0")),
    Case(
      name: "srun, two on a node",
      environment: step.merging(["SLURM_NODEID": "1", "SLURM_PROCID": "3"]) { $1 },
      ranks: Ranks(.slurm, rank: 3, of: 6, localCount: 2, processors: 4, launch: "7-0")),
    Case(
      name: "srun --cpus-per-task", environment: step.merging(["SLURM_CPUS_PER_TASK": "3"]) { $1 },
      ranks: Ranks(.slurm, rank: 5, of: 6, localCount: 1, processors: 3, launch: "7-0")),
    Case(
      name: "a batch script, which is alone",
      environment: ["SLURM_PROCID": "0", "SLURM_NTASKS": "2", "SLURM_NPROCS": "2", "SLURM_JOB_ID": "2"], ranks: nil),
    Case(
      name: "an array 1-7:2", environment: array,
      ranks: Ranks(.slurmArray, rank: 2, of: 4, processors: 4, launch: "3")),
    Case(
      name: "two tasks in each of an array",
      environment: array.merging(step) { $1 }.merging(["SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "1"]) { $1 },
      ranks: Ranks(.slurmArray, rank: 5, of: 8, processors: 8, launch: "3-0")),
    Case(
      name: "Kubernetes", environment: ["JOB_COMPLETION_INDEX": "12"], ranks: Ranks(.kubernetes, rank: 12, of: nil)),
  ]

  @Test("what the launchers say", arguments: cases)
  func launchers(_ given: Case) throws {
    #expect(try Ranks.found(in: given.environment) == given.ranks)
  }

  @Test(
    "what makes no sense is named",
    arguments: [
      ("RANK", "2"), ("RANK", "-1"), ("RANK", "one"), ("WORLD_SIZE", "0"), ("MASTER_PORT", "70000"),
      ("LOCAL_WORLD_SIZE", "x"),
    ])
  func nonsense(name: String, value: String) throws {
    let error = #expect(throws: RanksError.self) {
      try Ranks.found(in: Self.torchrun.merging([name: value]) { $1 })
    }
    #expect(error?.localizedDescription.contains("\(name)=\(value)") == true)
  }

  @Test(
    "each takes its part of the processors",
    arguments: [
      // Nothing said; bound to two of eight; unbound; more processes than processors; as Slurm says; less than it says.
      (nil, nil, 8, 8, 8), (4, nil, 2, 8, 2), (4, nil, 8, 8, 2), (16, nil, 8, 8, 1), (4, 3, 8, 8, 3), (4, 6, 2, 8, 2),
    ] as [(Int?, Int?, Int, Int, Int)])
  func threads(local: Int?, processors: Int?, allowed: Int, online: Int, threads: Int) {
    let ranks = Ranks(.slurm, rank: 0, of: 16, localCount: local, processors: processors)
    #expect(ranks.threads(allowed: allowed, online: online) == threads)
  }

  @Test("only those that run at the same time can compute together")
  func simultaneous() {
    #expect(Ranks(.slurm, rank: 0, of: 2).isSimultaneous && Ranks(.torchrun, rank: 0, of: 2).isSimultaneous)
    #expect(!Ranks(.slurmArray, rank: 0, of: 2).isSimultaneous && !Ranks(.kubernetes, rank: 0, of: nil).isSimultaneous)
  }
}
