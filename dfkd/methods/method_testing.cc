#include "dfkd/methods/method_testing.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "dfkd/core/files.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/testing.h"
#include "dfkd/methods/watchable.h"
#include "dfkd/models/model_factory.h"
#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"
#include "dfkd/train/pool_budget.h"
#include "glog/logging.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

constexpr int64_t kClasses = 3;
constexpr int64_t kSize = 8;  // of images, in pixels

constexpr char kExperiment[] = R"(
  teacher { model { $0 } }
  student { model { $0 } batch_size: 6 $1 }
  method { [type.googleapis.com/dfkd.$2] { $3 } }
  train { epochs: 4 }
)";
constexpr char kNetwork[] =
    "config { [type.googleapis.com/dfkd.WideResNetConfig] { depth: 10 base_width: 4 } }";

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  CHECK(value.ok()) << value.status();
  return *std::move(value);
}

ProgressDisplay Silent() {
  ProgressDisplay display = ProgressDisplay::StandardError();
  display.terminal = false;
  display.write = [](absl::string_view) {};
  return display;
}

// One folder per harness, so that tests in one binary do not share pools.
std::string NewPoolFolder() {
  static int count = 0;
  const std::string folder = absl::StrCat(testing::TempDir(), "/pool-", ++count);
  return folder;
}

}  // namespace

Experiment ParseExperiment(const std::string& text) {
  Experiment experiment;
  const absl::Status status = ParseTextproto(text, "test", &experiment);
  CHECK(status.ok()) << status;
  return experiment;
}

Experiment TinyExperiment(absl::string_view student, absl::string_view method,
                          absl::string_view fields, absl::string_view changes) {
  const auto with = [&](absl::string_view config) {
    return ParseExperiment(absl::Substitute(kExperiment, kNetwork, student, method, config));
  };
  Experiment experiment = with(fields);
  // Two serialized messages, one behind the other, are the second merged into the first.
  experiment.mutable_method()->mutable_value()->append(with(changes).method().value());
  return experiment;
}

State StateOf(const Method& method) {
  State state;
  method.Save(StateWriter(&state));
  return state;
}

void FillGenerator(Method& method) {
  State state = StateOf(method);
  uint32_t seed = 0;
  for (auto& [name, tensor] : state.tensors) {
    if (name.rfind("generator.", 0) != 0 || !tensor.is_floating_point()) continue;
    tensor = DeterministicEntry(name, tensor.sizes(), seed++);
  }
  const absl::Status status = method.Load(StateReader(&state));
  CHECK(status.ok()) << status;
}

void MoveStudent(MethodHarness& harness) {
  at::NoGradGuard no_grad;
  for (const NamedTensor& named : harness.student().NamedState()) {
    if (named.name == "fc.weight") named.tensor.mul_(1.5);
    if (named.name == "fc.bias") named.tensor[1] += 2.0;
  }
}

void ExpectStudentNear(MethodHarness& harness, const Golden& golden, double tolerance) {
  for (const NamedTensor& named : harness.student().NamedState()) {
    if (!named.tensor.is_floating_point()) continue;
    EXPECT_LT(MaxDifference(named.tensor, golden["student." + named.name]), tolerance)
        << named.name;
  }
}

void ExpectAWatchedBatchLeavesNoTrace(const Experiment& experiment) {
  MethodHarness harness(experiment);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Method> method, harness.Create());
  ASSERT_OK(method->Round(0));
  const State before = StateOf(*method);
  for (const bool new_generator : {false, true}) {
    std::vector<at::Tensor> steps;
    ASSERT_OK(dynamic_cast<Watchable&>(*method).WatchSynthesis(
        /*pool=*/0, new_generator, [&steps](const at::Tensor& images, const at::Tensor& labels) {
          EXPECT_EQ(labels.size(0), 6);
          steps.push_back(images.clone());
          return absl::OkStatus();
        }));
    ASSERT_EQ(steps.size(), 3);
    EXPECT_FALSE(steps[0].equal(steps[1]));
  }
  EXPECT_EQ(harness.pool().size(), 6);
  const State after = StateOf(*method);
  EXPECT_EQ(after.values, before.values);
  ASSERT_EQ(after.tensors.size(), before.tensors.size());
  for (const auto& [name, tensor] : before.tensors) {
    EXPECT_TRUE(after.tensors.at(name).equal(tensor)) << name;
  }
}

at::Tensor PoolImages(MethodHarness& harness, size_t pool) {
  return harness.pool(pool).Images(at::arange(harness.pool(pool).size(), at::kLong));
}

MethodHarness::MethodHarness(Experiment experiment, std::unique_ptr<Dataset> data)
    : experiment_(std::move(experiment)),
      progress_("test", 1, "steps", absl::Hours(1), Silent()),
      data_(std::move(data)) {
  // On a busy machine, waiting for a second thread takes longer than these networks do.
  at::set_num_threads(1);
  for (int64_t i = 0; i < kClasses; ++i) card_.add_class_name(absl::StrCat("class ", i));
  for (int channel = 0; channel < 3; ++channel) {
    card_.mutable_normalization()->add_mean(0.5);
    card_.mutable_normalization()->add_std(0.5);
  }
  card_.set_height(kSize);
  card_.set_width(kSize);
  card_.set_channels(3);

  ModelContext model;
  model.num_classes = kClasses;
  model.height = kSize;
  model.width = kSize;
  model.init = &streams_.Get("test_init");
  student_ = OrDie(CreateModel(experiment_.student().model(), model, "student.model"));
  FillDeterministically(*student_);
  if (experiment_.teacher().has_model()) {
    std::unique_ptr<Model> teacher =
        OrDie(CreateModel(experiment_.teacher().model(), model, "teacher.model"));
    FillDeterministically(*teacher);
    teacher_ = OrDie(Teacher::Create(std::move(teacher), card_, at::kCPU));
  }
  normalizer_ =
      std::make_unique<Normalizer>(OrDie(Normalizer::Create(card_.normalization(), 3, at::kCPU)));

  StudentStepperContext stepper;
  stepper.student = student_.get();
  stepper.teacher = teacher_.get();
  stepper.normalizer = normalizer_.get();
  stepper.streams = &streams_;
  stepper.means = &means_;
  stepper.budget = &budget_;
  stepper.card = &card_;
  stepper.epochs = experiment_.train().epochs();
  stepper_ = OrDie(StudentStepper::Create(experiment_.student(), stepper));

  const MethodOutline outline =
      OrDie(Registry<Method>::Get().GetOutline(experiment_.method(), experiment_, "method"));
  pools_ = OrDie(PoolSet::Open(
      NewPoolFolder(), PoolOptionsOf(experiment_.train().pool(), card_, PoolsOf(outline, card_)),
      at::kCPU, FileSystem::Posix()));

  services_.card = &card_;
  services_.teacher = teacher_.get();
  services_.student = student_.get();
  services_.stepper = stepper_.get();
  services_.data = data_.get();
  services_.pools = pools_.get();
  services_.streams = &streams_;
  services_.means = &means_;
  services_.budget = &budget_;
  services_.progress = &progress_;
  services_.epochs = experiment_.train().epochs();
}

absl::StatusOr<std::unique_ptr<Method>> MethodHarness::Create() {
  return Registry<Method>::Get().Create(experiment_.method(), services_, "method");
}

}  // namespace dfkd
