// Times NAYER's generator step and student step of a pair of networks, as `dfkd run` does them:
//
//   bazel run //dfkd/experiments:benchmark -- --pair=wrn16_2:wrn16_1 --size=32
//   --precision=fp32,bf16
//
// Networks have random weights; no data are read. tools/pytorch_baseline.py times the same
// mathematics in plain PyTorch. Each line is the median of ten steps behind two that warm up.
#include "benchmark/benchmark.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <sys/resource.h>

#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "dfkd/core/device.h"
#include "dfkd/core/files.h"
#include "dfkd/core/folders.h"
#include "dfkd/core/freed_memory.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/resolve.h"
#include "dfkd/core/status.h"
#include "dfkd/generators/generator.h"
#include "dfkd/methods/nayer.pb.h"
#include "dfkd/models/model_factory.h"
#include "dfkd/nn/multiply_adds.h"
#include "dfkd/train/machine.h"
#include "dfkd/train/probe.h"
#include "dfkd/train/teacher.h"
#include "gflags/gflags.h"
#include "glog/logging.h"

DEFINE_string(pair, "wrn16_2:wrn16_1", "presets of teacher and student");
DEFINE_int32(size, 32, "of the images, in pixels");
DEFINE_int32(classes, 10, "that the networks tell apart");
DEFINE_int32(generator_batch, 100, "images of a generator step");
DEFINE_int32(student_batch, 128, "images of a student step");
DEFINE_string(precision, "fp32,bf16", "which to time: fp32, bf16 or both");
DEFINE_string(device, "cpu", "cpu or cuda");
DEFINE_int32(threads, 0, "0: one per physical core");

namespace dfkd {
namespace {

constexpr int kNoisySize = 1000;

// Of one image through each network.
struct MultiplyAdds {
  int64_t generator = 0, teacher = 0, student = 0;

  // Forward, and back to what is updated: input gradients of teacher and student alone.
  double GeneratorStep() const { return 3.0 * generator + 2.0 * teacher + 2.0 * student; }
  double StudentStep() const { return 1.0 * teacher + 3.0 * student; }
};

// What one precision takes.
struct Measured {
  StageEstimate stage;
  MultiplyAdds multiply_adds;
};

absl::StatusOr<ResolvedSpec> MakeSpec(const std::string& student, const std::string& precision) {
  return ResolveSpec(
      "nayer_base",
      {absl::StrCat("student.model=", student),
       absl::StrCat("student.batch_size=", FLAGS_student_batch),
       absl::StrCat("method.batch_size=", FLAGS_generator_batch), "method.warmup_epochs=0",
       "train.epochs=1", absl::StrCat("train.precision=", precision == "bf16" ? "BF16" : "FP32"),
       absl::StrCat("train.device=", FLAGS_device), absl::StrCat("train.threads=", FLAGS_threads)});
}

TeacherCard MakeCard() {
  TeacherCard card;
  for (int i = 0; i < FLAGS_classes; ++i) card.add_class_name(absl::StrCat("class ", i));
  for (int c = 0; c < 3; ++c) {
    card.mutable_normalization()->add_mean(0.5f);
    card.mutable_normalization()->add_std(0.5f);
  }
  card.set_height(FLAGS_size);
  card.set_width(FLAGS_size);
  card.set_channels(3);
  return card;
}

absl::StatusOr<std::unique_ptr<Model>> MakeModel(const std::string& preset) {
  static RandomStream init(0, "benchmark");
  ModelContext context;
  context.num_classes = FLAGS_classes;
  context.height = FLAGS_size;
  context.width = FLAGS_size;
  context.init = &init;
  ModelSpec spec;
  spec.set_preset(preset);
  return CreateModel(spec, context, "--pair");
}

int64_t OfModel(Model& model) {
  return CountMultiplyAdds([&] { model.Forward(at::zeros({1, 3, FLAGS_size, FLAGS_size})); });
}

absl::StatusOr<int64_t> OfGenerator(const Experiment& spec) {
  NayerConfig config;
  if (!spec.method().UnpackTo(&config)) return ConfigError("nayer_base is not NAYER");
  RandomStream init(0, "benchmark");
  GeneratorContext context;
  context.input_size = kNoisySize;
  context.height = FLAGS_size;
  context.width = FLAGS_size;
  context.normalization = MakeCard().normalization();
  context.init = &init;
  DFKD_ASSIGN_OR_RETURN(const std::unique_ptr<Generator> generator,
                        Registry<Generator>::Get().Create(config.generator(), context, "method"));
  generator->Eval();
  return CountMultiplyAdds([&] { generator->Forward(at::zeros({1, kNoisySize})); });
}

absl::StatusOr<Measured> Measure(const std::string& precision) {
  const std::vector<std::string> pair = absl::StrSplit(FLAGS_pair, ':');
  if (pair.size() != 2) return ConfigError("--pair is two presets, TEACHER:STUDENT");
  DFKD_ASSIGN_OR_RETURN(const ResolvedSpec spec, MakeSpec(pair[1], precision));
  DFKD_RETURN_IF_ERROR(ChooseForMachine(spec.spec.train()).status());
  DFKD_ASSIGN_OR_RETURN(const at::Device device, OpenDevice(FLAGS_device, "--device"));
  Measured measured;
  {
    const at::NoGradGuard no_grad;
    DFKD_ASSIGN_OR_RETURN(const std::unique_ptr<Model> teacher, MakeModel(pair[0]));
    DFKD_ASSIGN_OR_RETURN(const std::unique_ptr<Model> student, MakeModel(pair[1]));
    teacher->Eval();
    student->Eval();
    measured.multiply_adds.teacher = OfModel(*teacher);
    measured.multiply_adds.student = OfModel(*student);
    DFKD_ASSIGN_OR_RETURN(measured.multiply_adds.generator, OfGenerator(spec.spec));
  }
  DFKD_ASSIGN_OR_RETURN(std::unique_ptr<Model> model, MakeModel(pair[0]));
  DFKD_ASSIGN_OR_RETURN(const std::unique_ptr<Teacher> teacher,
                        Teacher::Create(std::move(model), MakeCard(), device));
  DFKD_ASSIGN_OR_RETURN(const std::unique_ptr<TemporaryFolder> scratch,
                        TemporaryFolder::Make("benchmark"));
  ProbeOptions options;
  options.name = "benchmark";
  options.spec = spec.spec;
  options.teacher = teacher.get();
  options.scratch = scratch->path();
  options.files = FileSystem::Posix();
  DFKD_ASSIGN_OR_RETURN(measured.stage, ProbeStage(options));
  return measured;
}

// Both kinds of step of one precision are measured together, once.
const absl::StatusOr<Measured>& MeasureOnce(const std::string& precision) {
  static auto* measured = new std::map<std::string, absl::StatusOr<Measured>>;
  auto found = measured->find(precision);
  if (found == measured->end()) found = measured->emplace(precision, Measure(precision)).first;
  return found->second;
}

void Report(benchmark::State& state, const std::string& precision, bool of_student) {
  const absl::StatusOr<Measured>& measured = MeasureOnce(precision);
  if (!measured.ok()) {
    state.SkipWithError(std::string(measured.status().message()).c_str());
    return;
  }
  const StageEstimate& stage = measured->stage;
  const StepCost& cost = of_student ? stage.student : stage.own;
  const int64_t batch = of_student ? FLAGS_student_batch : FLAGS_generator_batch;
  const double multiply_adds =
      of_student ? measured->multiply_adds.StudentStep() : measured->multiply_adds.GeneratorStep();
  for (auto _ : state) state.SetIterationTime(cost.seconds);
  struct rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["images/s"] = static_cast<double>(batch) / cost.seconds;
  state.counters["TFLOP/s"] = 2 * multiply_adds * static_cast<double>(batch) / cost.seconds / 1e12;
  // Of the official epoch's 2 x 40 generator steps and 400 student steps.
  state.counters["share"] = cost.total() / (stage.own.total() + stage.student.total());
  state.counters["peak_MiB"] = static_cast<double>(usage.ru_maxrss) / 1024;
}

void RegisterAll() {
  const std::vector<std::string> precisions = absl::StrSplit(FLAGS_precision, ',');
  for (const bool of_student : {false, true}) {
    for (const std::string& precision : precisions) {
      const std::string name =
          absl::StrCat(of_student ? "student_step/" : "generator_step/", FLAGS_pair, "/",
                       FLAGS_size, "px/", of_student ? FLAGS_student_batch : FLAGS_generator_batch,
                       "/", FLAGS_device, "/", precision);
      benchmark::RegisterBenchmark(name.c_str(),
                                   [precision, of_student](benchmark::State& state) {
                                     Report(state, precision, of_student);
                                   })
          ->Iterations(1)
          ->UseManualTime()
          ->Unit(benchmark::kMillisecond);
    }
  }
}

}  // namespace
}  // namespace dfkd

int main(int argc, char** argv) {
  dfkd::KeepFreedMemory();
  google::InitGoogleLogging(argv[0]);
  benchmark::Initialize(&argc, argv);
  gflags::SetUsageMessage("times NAYER's steps; see the head of benchmark.cc");
  gflags::ParseCommandLineFlags(&argc, &argv, /*remove_flags=*/true);
  dfkd::RegisterAll();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
