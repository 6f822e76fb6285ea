#include <ATen/Parallel.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dfkd/core/embedded.h"
#include "dfkd/core/files.h"
#include "dfkd/core/resolve.h"
#include "dfkd/core/spec_matrix.h"
#include "dfkd/core/testing.h"
#include "dfkd/experiments/testing/golden_files.h"
#include "dfkd/train/check.h"

namespace dfkd {
namespace {

std::vector<std::string> ShippedSpecs() {
  std::vector<std::string> names;
  for (const EmbeddedFile* file : ListEmbeddedFiles("experiment")) names.emplace_back(file->name);
  return names;
}

// NAME_base is to build on: it leaves out the networks, so that it resolves but cannot run.
bool IsBase(const std::string& name) { return absl::EndsWith(name, "_base"); }

// Presets that the spec, or what it builds on, offers.
std::vector<std::string> PresetsOf(const std::string& name) {
  const auto spec = ReadShippedSpec(name);
  EXPECT_OK(spec);
  std::vector<std::string> presets;
  for (const std::string& base : spec->base()) {
    for (std::string& preset : PresetsOf(base)) presets.push_back(std::move(preset));
  }
  for (const Preset& preset : spec->presets()) {
    // A base's preset that this file adds to stands there already.
    if (!absl::c_linear_search(presets, preset.name())) presets.push_back(preset.name());
  }
  return presets;
}

// Counted, so that none is shipped or lost unseen.
TEST(SpecsTest, ThereAreSixty) { EXPECT_EQ(ShippedSpecs().size(), 60u); }

TEST(SpecsTest, EachResolvesToItsGolden) {
  ASSERT_OK_AND_ASSIGN(const GoldenFiles resolved, ResolvedSpecs());
  EXPECT_EQ(DescribeStale(resolved, std::string(kResolvedFolder)), "")
      << "If this is meant: tools/update_goldens, and commit what it changes.";
}

TEST(SpecsTest, EachPassesTheCheckUnderEachPreset) {
  int checked = 0;
  for (const std::string& name : ShippedSpecs()) {
    std::vector<std::vector<std::string>> choices = {{}};
    for (const std::string& preset : PresetsOf(name)) choices.push_back({"preset=" + preset});
    for (const std::vector<std::string>& choice : choices) {
      SCOPED_TRACE(absl::StrCat(name, " ", choice.empty() ? "" : choice[0]));
      ASSERT_OK_AND_ASSIGN(const ResolvedSpec resolved, ResolveSpec(name, choice));
      EXPECT_TRUE(resolved.spec.has_description());
      const auto cost = CheckExperiment(resolved.spec);
      if (IsBase(name)) {
        EXPECT_THAT(cost, StatusMessageIs("student.model is missing"));
      } else {
        EXPECT_OK(cost);
        ++checked;
      }
    }
  }
  // Fifty-one that run, and the presets that they offer: two where they build on NAYER's base,
  // three on DeepInversion's or Fast's, one on DFAD's or MUSE's.
  EXPECT_EQ(checked, 51 + 46);
}

// What epochs, presets, budgets and weights change is checked with the specs above; here one cell
// of each pair is.
bool IsChecked(const MatrixCell& cell) {
  for (const char* part : {"_e100", "_e200", "_5steps", "_5percent", "_10percent", "_20percent"}) {
    if (absl::StrContains(cell.name, part)) return false;
  }
  return !absl::StartsWith(cell.name, "muse_table") && !cell.content.has_preset();
}

TEST(SpecsTest, TheCellsOfEachMatrixResolveAndPassTheCheck) {
  at::set_num_threads(1);  // networks of one image
  ASSERT_OK_AND_ASSIGN(const std::vector<ShippedMatrix> matrices, ListShippedMatrices());
  std::map<std::string, size_t> cells;
  int checked = 0;
  for (const ShippedMatrix& matrix : matrices) {
    EXPECT_NE(matrix.description, "") << matrix.path;
    cells[matrix.name] = matrix.cells.size();
    for (const MatrixCell& cell : matrix.cells) {
      SCOPED_TRACE(cell.name);
      ASSERT_OK_AND_ASSIGN(const ResolvedSpec resolved, ResolveSpec(cell.name));
      EXPECT_EQ(resolved.spec.paper_size(), matrix.name == "muse_table4" ? 2 : 1);  // top-5 too
      if (!IsChecked(cell)) continue;
      EXPECT_OK(CheckExperiment(resolved.spec));
      ++checked;
    }
  }
  using ::testing::Pair;
  EXPECT_THAT(
      cells,
      ::testing::ElementsAre(
          Pair("cifar_kd", 10),  // pairs
          Pair("muse_table10", 5 * 5), Pair("muse_table11", 2 * 3 * 2), Pair("muse_table13", 4 * 9),
          Pair("muse_table14", 2 * 6), Pair("muse_table14_nayer", 6),
          // One or two resolutions, pairs, budgets; Fast and NAYER have one.
          Pair("muse_table1_imagenet", 2 * 2 * 4), Pair("muse_table1_imagenet_fast", 2 * 4),
          Pair("muse_table1_imagenet_nayer", 2 * 4), Pair("muse_table1_imagenette", 2 * 2 * 4),
          Pair("muse_table1_imagenette_fast", 2 * 4), Pair("muse_table1_imagenette_nayer", 2 * 4),
          Pair("muse_table1_imagewoof", 2 * 2 * 4), Pair("muse_table1_imagewoof_fast", 2 * 4),
          Pair("muse_table1_imagewoof_nayer", 2 * 4),
          Pair("muse_table1_real", 2 * 3),  // data sets, networks
          Pair("muse_table2", 2 * 10), Pair("muse_table2_nayer", 10), Pair("muse_table3", 2 * 8),
          Pair("muse_table4", 2 * 2),  // methods, budgets
          Pair("muse_table7", 4 * 6), Pair("muse_table8", 4 * 6), Pair("muse_table9", 4 * 6),
          Pair("nayer_table1", 11 * 3 * 3),   // pairs, epochs, presets
          Pair("nayer_table1_fast", 10 * 2),  // pairs, steps
          Pair("nayer_table1_real", 2 * 6)));
  EXPECT_EQ(checked, 10 + 3 * (4 + 2 + 2) + 6 + 20 + 10 + 2 + 11 + 10 + 12);
}

TEST(SpecsTest, WhatIsResolvedResolvesToItself) {
  for (const std::string& name : ShippedSpecs()) {
    ASSERT_OK_AND_ASSIGN(const ResolvedSpec once, ResolveSpec(name));
    const std::string path = absl::StrCat(::testing::TempDir(), "/", name, ".textproto");
    ASSERT_OK(WriteFileAtomically(FileSystem::Posix(), path, once.ToFile()));
    ASSERT_OK_AND_ASSIGN(const ResolvedSpec twice, ResolveSpec(path));
    EXPECT_EQ(twice.canonical_text, once.canonical_text) << name;
    EXPECT_EQ(twice.fingerprint, once.fingerprint) << name;
  }
}

}  // namespace
}  // namespace dfkd
