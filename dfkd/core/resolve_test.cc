#include "dfkd/core/resolve.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/testdata/fake_plugins.pb.h"
#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

// A folder of its own for each test, and files in it.
class ResolveTest : public ::testing::Test {
 protected:
  ResolveTest()
      : dir_(absl::StrCat(::testing::TempDir(), "/",
                          ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::create_directories(dir_ + "/sub");
  }

  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = absl::StrCat(dir_, "/", name);
    std::ofstream(path) << text;
    return path;
  }

  std::string dir_;
};

constexpr char kMethod[] = "method { [type.googleapis.com/dfkd.fake.SuperviseConfig] {} } ";

TEST_F(ResolveTest, ShippedSpecsAreFoundByName) {
  ASSERT_OK_AND_ASSIGN(const ResolvedSpec resolved, ResolveSpec("fake_cifar"));
  EXPECT_EQ(resolved.name, "fake_cifar");
  EXPECT_EQ(resolved.origin, "Resolved from shipped spec fake_cifar, preset official");
  // Base < overlay "official" (30 steps, seed 7, bn_stat weight 10) < file (20 epochs).
  EXPECT_EQ(resolved.canonical_text, R"(description: "a fake that ships"
teacher {
  model {
    config {
      [type.googleapis.com/dfkd.fake.WideNetConfig] {
        depth: 40
        widen: 2
      }
    }
  }
  train_if_missing: false
  accuracy_tolerance: 2
}
student {
  model {
    config {
      [type.googleapis.com/dfkd.fake.WideNetConfig] {
        depth: 16
        widen: 1
      }
    }
  }
  batch_size: 128
  steps_per_epoch: 0
}
method {
  [type.googleapis.com/dfkd.fake.DistillConfig] {
    encoder {
      config {
        [type.googleapis.com/dfkd.fake.WordsConfig] {
          dim: 8
        }
      }
    }
    losses {
      weight: 0.5
      config {
        [type.googleapis.com/dfkd.fake.CrossEntropyConfig] {
        }
      }
    }
    losses {
      weight: 10
      config {
        [type.googleapis.com/dfkd.fake.BnStatConfig] {
          momentum: 0.5
        }
      }
    }
    generator_steps: 30
    keep: BEST
    rate: 0.1
    budget: 5
    masked: true
  }
}
train {
  epochs: 20
  seed: 7
  precision: AUTO
  device: "cpu"
  threads: 0
  checkpoint_every: 1
}
evaluation {
  selection: LAST
  every: 1
  batch_size: 256
}
)");
}

TEST_F(ResolveTest, SetIsTheLastLayer) {
  ASSERT_OK_AND_ASSIGN(
      const ResolvedSpec resolved,
      ResolveSpec("fake_cifar",
                  {"train.epochs=3", "train.epochs=4", "method.losses[bn_stat].momentum=0.25",
                   "student.model=wide40_2", "student.model.widen=3"}));
  EXPECT_EQ(resolved.spec.train().epochs(), 4);
  fake::DistillConfig method;
  ASSERT_TRUE(resolved.spec.method().UnpackTo(&method));
  fake::BnStatConfig loss;
  ASSERT_TRUE(method.losses(1).config().UnpackTo(&loss));
  EXPECT_EQ(loss.momentum(), 0.25);
  fake::WideNetConfig model;
  ASSERT_TRUE(resolved.spec.student().model().config().UnpackTo(&model));
  EXPECT_EQ(model.depth(), 40);
  EXPECT_EQ(model.widen(), 3);
  EXPECT_THAT(resolved.origin,
              ::testing::HasSubstr(", --set train.epochs=3, --set train.epochs=4"));
}

TEST_F(ResolveTest, SetChoosesTheOverlay) {
  ASSERT_OK_AND_ASSIGN(const ResolvedSpec resolved, ResolveSpec("fake_cifar", {"preset=paper"}));
  EXPECT_EQ(resolved.spec.train().seed(), 1u);
  EXPECT_EQ(resolved.origin, "Resolved from shipped spec fake_cifar, preset paper");
  ASSERT_OK_AND_ASSIGN(const ResolvedSpec none, ResolveSpec("fake_cifar", {"preset="}));
  EXPECT_EQ(none.spec.train().seed(), 0u);
  EXPECT_THAT(
      ResolveSpec("fake_cifar", {"preset=papers"}),
      StatusMessageIs("shipped spec fake_cifar: no preset \"papers\" is offered by it or its "
                      "base files; they offer official, paper; did you mean \"paper\"?"));
}

TEST_F(ResolveTest, UnknownNamesOfferTheNearest) {
  EXPECT_THAT(
      ResolveSpec("fake_cifa"),
      StatusMessageIs(
          "there is no shipped spec \"fake_cifa\" among fake_base, fake_cifar, the "
          "8 of fake_table; did you mean \"fake_cifar\"?; a file's path ends in .textproto or "
          "holds a slash"));
}

TEST_F(ResolveTest, MissingFilesAreInputErrors) {
  EXPECT_THAT(ResolveSpec(dir_ + "/absent.textproto"),
              StatusHas(absl::StatusCode::kNotFound, "absent.textproto"));
}

TEST_F(ResolveTest, BasesAreRelativeToTheirFileOrShipped) {
  Write("sub/low.textproto", "base: \"fake_base\" train { seed: 3 epochs: 3 }");
  Write("sub/mid.textproto", "base: \"low.textproto\" train { epochs: 4 }");
  const std::string top =
      Write("top.textproto", "base: \"sub/mid.textproto\" train { threads: 2 }");
  ASSERT_OK_AND_ASSIGN(const ResolvedSpec resolved, ResolveSpec(top));
  EXPECT_EQ(resolved.name, "top");
  EXPECT_EQ(resolved.spec.train().seed(), 3u);
  EXPECT_EQ(resolved.spec.train().epochs(), 4);
  EXPECT_EQ(resolved.spec.train().threads(), 2);
  EXPECT_TRUE(resolved.spec.has_teacher());
}

TEST_F(ResolveTest, LaterBasesWin) {
  Write("a.textproto", absl::StrCat(kMethod, "train { seed: 1 epochs: 1 }"));
  Write("b.textproto", "train { seed: 2 }");
  const std::string top = Write("top.textproto", "base: [\"a.textproto\", \"b.textproto\"]");
  ASSERT_OK_AND_ASSIGN(const ResolvedSpec resolved, ResolveSpec(top));
  EXPECT_EQ(resolved.spec.train().seed(), 2u);
  EXPECT_EQ(resolved.spec.train().epochs(), 1);
}

// Were `root` merged again with `b`, it would undo what `a` changed.
TEST_F(ResolveTest, ABaseThatIsNamedTwiceIsMergedOnce) {
  Write("root.textproto", absl::StrCat(kMethod, "train { seed: 1 }"));
  Write("a.textproto", "base: \"root.textproto\" train { seed: 2 }");
  Write("b.textproto", "base: \"./root.textproto\" train { epochs: 2 }");
  const std::string top = Write("top.textproto", "base: \"a.textproto\" base: \"b.textproto\"");
  ASSERT_OK_AND_ASSIGN(const ResolvedSpec resolved, ResolveSpec(top));
  EXPECT_EQ(resolved.spec.train().seed(), 2u);
  EXPECT_EQ(resolved.spec.train().epochs(), 2);
}

TEST_F(ResolveTest, AFileThatBuildsOnItselfIsRefused) {
  const std::string a = Write("a.textproto", "base: \"b.textproto\"");
  Write("b.textproto", "base: \"sub/../a.textproto\"");
  EXPECT_THAT(ResolveSpec(a), StatusMessageIs(absl::StrCat(a, " builds on itself: ", a, " -> ",
                                                           dir_, "/b.textproto -> ", a)));
}

TEST_F(ResolveTest, OverlaysOfOneNameAddUp) {
  Write("low.textproto",
        absl::StrCat(kMethod,
                     "presets { name: \"p\" overlay { train { seed: 1 epochs: 1 } } }"
                     "train { seed: 9 epochs: 9 threads: 9 }"));
  Write("mid.textproto",
        "base: \"low.textproto\" presets { name: \"p\" overlay { train { epochs: 2 } } }");
  const std::string top = Write("top.textproto", "base: \"mid.textproto\" preset: \"p\"");
  ASSERT_OK_AND_ASSIGN(const ResolvedSpec resolved, ResolveSpec(top));
  EXPECT_EQ(resolved.spec.train().seed(), 1u);
  EXPECT_EQ(resolved.spec.train().epochs(), 2);
  EXPECT_EQ(resolved.spec.train().threads(), 9);
}

TEST_F(ResolveTest, AnOverlayHasNoLayersOfItsOwn) {
  const std::string top = Write(
      "top.textproto", "preset: \"p\" presets { name: \"p\" overlay { base: \"fake_base\" } }");
  EXPECT_THAT(ResolveSpec(top),
              StatusMessageIs(absl::StrCat(top,
                                           ", preset \"p\": an overlay cannot have base, preset or "
                                           "presets")));
  EXPECT_THAT(ResolveSpec("fake_cifar", {"base=[fake_base]"}),
              StatusMessageIs("--set base=[fake_base]: base and presets belong in a file; "
                              "preset=NAME chooses an overlay"));
}

TEST_F(ResolveTest, AConfigOverAPresetOfItsTypeChangesIt) {
  const std::string top = Write("top.textproto",
                                "base: \"fake_base\" student { model { config { "
                                "[type.googleapis.com/dfkd.fake.WideNetConfig] { widen: 4 } } } }");
  ASSERT_OK_AND_ASSIGN(const ResolvedSpec resolved, ResolveSpec(top));
  fake::WideNetConfig model;
  ASSERT_TRUE(resolved.spec.student().model().config().UnpackTo(&model));
  EXPECT_EQ(model.depth(), 16);
  EXPECT_EQ(model.widen(), 4);
}

TEST_F(ResolveTest, APresetOverAPresetReplacesIt) {
  const std::string top =
      Write("top.textproto", "base: \"fake_base\" teacher { model { preset: \"wide16\" } }");
  ASSERT_OK_AND_ASSIGN(const ResolvedSpec resolved, ResolveSpec(top));
  fake::WideNetConfig model;
  ASSERT_TRUE(resolved.spec.teacher().model().config().UnpackTo(&model));
  EXPECT_EQ(model.depth(), 16);
  EXPECT_EQ(model.widen(), 1);
}

TEST_F(ResolveTest, OldNamesMoveBeforeLayersMerge) {
  const std::string top = Write(
      "top.textproto",
      "base: \"fake_base\" method { [type.googleapis.com/dfkd.fake.DistillConfig] { steps: 77 } }");
  ASSERT_OK_AND_ASSIGN(const ResolvedSpec resolved,
                       ResolveSpec(top, {"preset=official", "method.steps=78"}));
  fake::DistillConfig method;
  ASSERT_TRUE(resolved.spec.method().UnpackTo(&method));
  EXPECT_EQ(method.generator_steps(), 78);
}

TEST_F(ResolveTest, TheOutcomeIsChecked) {
  EXPECT_THAT(ResolveSpec("fake_cifar", {"train.epochs=0", "method.losses[bn_stat].momentum=1.5"}),
              StatusMessageIs(
                  "method.DistillConfig.losses[1].BnStatConfig.momentum is 1.5; must be in [0, 1)\n"
                  "train.epochs is 0; must be in [1, 1000000]"));
  EXPECT_THAT(ResolveSpec(Write("empty.textproto", "")),
              StatusMessageIs("method is required: the algorithm"));
}

TEST_F(ResolveTest, WhatIsWrittenResolvesToItself) {
  ASSERT_OK_AND_ASSIGN(const ResolvedSpec once, ResolveSpec("fake_cifar", {"train.seed=5"}));
  EXPECT_THAT(once.ToFile(), ::testing::StartsWith(
                                 "# Resolved from shipped spec fake_cifar, preset official, --set "
                                 "train.seed=5\ndescription:"));
  ASSERT_OK_AND_ASSIGN(const ResolvedSpec twice,
                       ResolveSpec(Write("resolved.textproto", once.ToFile())));
  EXPECT_EQ(twice.canonical_text, once.canonical_text);
  EXPECT_EQ(twice.fingerprint, once.fingerprint);
  ASSERT_OK_AND_ASSIGN(const ResolvedSpec in_memory, ResolveExperiment(once.spec, "x"));
  EXPECT_EQ(in_memory.fingerprint, once.fingerprint);
  EXPECT_EQ(in_memory.name, "x");
}

TEST_F(ResolveTest, OriginStaysOneLine) {
  ASSERT_OK_AND_ASSIGN(const ResolvedSpec resolved,
                       ResolveSpec("fake_cifar", {"train={epochs: 2\nseed: 3}"}));
  EXPECT_EQ(resolved.ToFile().find("\n"), resolved.ToFile().find("\ndescription"));
}

TEST_F(ResolveTest, FingerprintsTellSpecsAndChoicesApart) {
  ASSERT_OK_AND_ASSIGN(const ResolvedSpec a, ResolveSpec("fake_cifar"));
  ASSERT_OK_AND_ASSIGN(const ResolvedSpec b, ResolveSpec("fake_cifar", {"train.seed=8"}));
  ASSERT_OK_AND_ASSIGN(const ResolvedSpec c, ResolveSpec("fake_cifar", {"train.seed=7"}));
  EXPECT_NE(a.fingerprint, b.fingerprint);
  EXPECT_EQ(a.fingerprint, c.fingerprint);
  EXPECT_EQ(a.fingerprint.size(), 64u);
  EXPECT_EQ(Fingerprint(a.canonical_text), a.fingerprint);
  EXPECT_NE(Fingerprint(a.canonical_text, {{"threads", "2"}}), a.fingerprint);
  EXPECT_NE(Fingerprint(a.canonical_text, {{"threads", "2"}}),
            Fingerprint(a.canonical_text, {{"threads", "4"}}));
}

}  // namespace
}  // namespace dfkd
