// A method unlike NAYER, for tests of the runner: online, without a pool, five student steps to one
// step of a one-parameter "generator" (the scale of its noise), which is its state.
#include <ATen/core/Tensor.h>

#include <memory>

#include "c10/util/Exception.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/core/stop.h"
#include "dfkd/experiments/testing/fake_online.pb.h"
#include "dfkd/methods/method.h"
#include "dfkd/report/budget.h"
#include "dfkd/report/progress.h"
#include "dfkd/report/recorder.h"
#include "dfkd/train/student_stepper.h"
#include "dfkd/train/teacher.h"

namespace dfkd {
namespace {

class FakeOnline : public Method {
 public:
  using Config = FakeOnlineConfig;

  static Contract GetContract(const Config&) {
    return {{}, {Capability::kStudentOutput, Capability::kImages}};
  }

  static absl::StatusOr<std::unique_ptr<Method>> Create(const Config& config,
                                                        const MethodServices& services) {
    return std::make_unique<FakeOnline>(config, services);
  }

  FakeOnline(const Config& config, const MethodServices& services)
      : config_(config), services_(services) {}

  int64_t rounds() const override { return services_.epochs; }
  int64_t StepsIn(int64_t) const override { return 6 * config_.iterations(); }

  absl::Status Round(int64_t round) override {
    services_.stepper->BeginEpoch(round);
    if (round == config_.stop_in_round()) RequestStop(config_.stop_signals());
    for (int64_t i = 0; i < config_.iterations(); ++i) {
      for (int64_t step = 0; step < 5; ++step) {
        DFKD_RETURN_IF_ERROR(services_.CheckStop());
        TORCH_CHECK(round != config_.throw_in_round() || step != 2, "sizes do not match");
        DFKD_RETURN_IF_ERROR(services_.stepper->Step(Noise(), {}));
        services_.progress->Advance();
      }
      // The "generator" follows the teacher's mean logit.
      const double logit = services_.teacher->model()
                               .Forward(services_.teacher->normalizer().Apply(Noise()))
                               .logits.detach()
                               .mean()
                               .item<double>();
      scale_ = 0.9 * scale_ + 0.1 / (1 + logit * logit);
      services_.means->Add("loss_generator", scale_);
      services_.progress->Advance();
    }
    return absl::OkStatus();
  }

  void Save(StateWriter writer) const override { writer.Double("scale", scale_); }
  absl::Status Load(const StateReader& reader) override {
    DFKD_ASSIGN_OR_RETURN(scale_, reader.Double("scale"));
    return absl::OkStatus();
  }

 private:
  at::Tensor Noise() {
    const TeacherCard& card = *services_.card;
    const int64_t count = services_.stepper->batch_size();
    services_.budget->images += count;
    return services_.streams->Get("noise_images")
        .Uniform({count, card.channels(), card.height(), card.width()}, 0, scale_);
  }

  const Config config_;
  const MethodServices services_;
  double scale_ = 1;
};

DFKD_REGISTER_PLUGIN(Method, FakeOnline);

}  // namespace
}  // namespace dfkd
