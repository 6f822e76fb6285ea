// The pages say what is: examples, settings and links in README.md and docs/ are held against the
// program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/files.h"
#include "dfkd/core/resolve.h"
#include "dfkd/core/testing.h"
#include "dfkd/experiments/command_line.h"
#include "dfkd/inference/subject.h"
#include "dfkd/train/check.h"

namespace dfkd {
namespace {

using ::testing::Contains;
using ::testing::Ge;
using ::testing::SizeIs;

constexpr char kExample[] = "docs/examples/your_own_teacher.textproto";

std::vector<std::string> FilesIn(const std::string& folder, const std::string& ending) {
  const auto names = ListDirectory(folder);
  EXPECT_OK(names);
  std::vector<std::string> paths;
  for (const std::string& name : *names) {
    if (absl::EndsWith(name, ending)) paths.push_back(JoinPath(folder, name));
  }
  return paths;
}

std::vector<std::string> Pages() {
  std::vector<std::string> pages = FilesIn("docs", ".md");
  pages.push_back("README.md");
  return pages;
}

std::string Read(const std::string& path) {
  const auto text = ReadFile(path);
  EXPECT_OK(text);
  return *text;
}

// What the first group of the pattern matched, each time.
std::vector<std::string> Matches(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it) {
    found.push_back((*it)[1]);
  }
  return found;
}

std::string WriteSpec(const std::string& text) {
  const std::string path = JoinPath(::testing::TempDir(), "spec.textproto");
  EXPECT_OK(WriteFileAtomically(FileSystem::Posix(), path, text));
  return path;
}

TEST(DocsTest, EveryExampleResolvesAndPassesTheCheck) {
  const std::vector<std::string> examples = FilesIn("docs/examples", ".textproto");
  EXPECT_THAT(examples, SizeIs(1));
  for (const std::string& path : examples) {
    ASSERT_OK_AND_ASSIGN(const ResolvedSpec resolved, ResolveSpec(path));
    EXPECT_OK(CheckExperiment(resolved.spec));
  }
}

TEST(DocsTest, YourOwnTeacherAsksForWhatThePublishedResultsDo) {
  ASSERT_OK_AND_ASSIGN(const ResolvedSpec resolved, ResolveSpec(kExample));
  EXPECT_FALSE(resolved.spec.has_data());
  ASSERT_OK_AND_ASSIGN(const ExperimentCost cost, CheckExperiment(resolved.spec));
  // 20 warm-up epochs of 10 batches and 100 of 2, 400 images each: the 160,000 of D10.
  EXPECT_EQ(cost.images, (20 * 10 + 100 * 2) * 400);
}

// ```textproto blocks are whole specs; other snippets are marked otherwise.
TEST(DocsTest, EverySpecInAPageResolves) {
  int specs = 0;
  for (const std::string& page : Pages()) {
    for (const std::string& text : Matches(Read(page), "```textproto\n([^`]*)```")) {
      EXPECT_OK(ResolveSpec(WriteSpec(text))) << page << ":\n" << text;
      ++specs;
    }
  }
  EXPECT_GE(specs, 1);
}

// The table of differences.md: "| D6 | `key` | `paper's value` | `official's value` |". A value
// that is set on top of its preset must change nothing.
TEST(DocsTest, ThePresetsTakeTheValuesOfTheTable) {
  const std::string spec = WriteSpec("base: \"nayer_base\"");
  int rows = 0;
  for (absl::string_view line : absl::StrSplit(Read("docs/differences.md"), '\n')) {
    std::smatch cells;
    const std::string text(line);
    if (!std::regex_match(text, cells,
                          std::regex("\\| D\\d+ \\| `(.*)` \\| `(.*)` \\| `(.*)` \\|"))) {
      continue;
    }
    ++rows;
    for (const auto& [preset, value] :
         {std::pair("paper", cells[2].str()), std::pair("official", cells[3].str())}) {
      const std::string choice = absl::StrCat("preset=", preset);
      ASSERT_OK_AND_ASSIGN(const ResolvedSpec as_is, ResolveSpec(spec, {choice}));
      const auto with_value = ResolveSpec(spec, {choice, absl::StrCat(cells[1].str(), "=", value)});
      ASSERT_OK(with_value) << text;
      EXPECT_EQ(with_value->canonical_text, as_is.canonical_text) << preset << ": " << text;
    }
  }
  EXPECT_EQ(rows, 28);
}

// `a.b=1` in a page and, behind it, `.c=2`, which stands beside it: a.b=1 and a.c=2.
std::vector<std::string> SettingsInTicks(const std::string& text) {
  std::vector<std::string> settings;
  std::string place;
  for (std::string& setting : Matches(text, "`((?:[a-z_]+[.\\[][^`=]*|\\.[a-z_]+)=[^`]+)`")) {
    if (absl::StartsWith(setting, ".")) setting.insert(0, place);
    place = setting.substr(0, setting.rfind('.', setting.find('=')));
    settings.push_back(std::move(setting));
  }
  return settings;
}

// The table of MUSE: each key for another reading changes what the keys before it on its line have
// made, and that can run.
TEST(DocsTest, MusesOtherReadingsAreOtherExperiments) {
  size_t settings = 0;
  for (absl::string_view line : absl::StrSplit(Read("docs/differences.md"), '\n')) {
    if (!absl::StartsWith(line, "| M")) continue;
    const std::vector<std::string> keys = SettingsInTicks(std::string(line));
    if (keys.empty()) continue;
    settings += keys.size();
    SCOPED_TRACE(line);
    // M11 is about pixels with classes.
    const std::string spec =
        absl::StartsWith(line, "| M11 ") ? "shapes_segmentation_muse" : "shapes_muse";
    ASSERT_OK_AND_ASSIGN(ResolvedSpec before, ResolveSpec(spec));
    for (size_t i = 1; i <= keys.size(); ++i) {
      ASSERT_OK_AND_ASSIGN(ResolvedSpec other, ResolveSpec(spec, {keys.begin(), keys.begin() + i}));
      EXPECT_NE(other.canonical_text, before.canonical_text) << keys[i - 1];
      before = std::move(other);
    }
    EXPECT_OK(CheckExperiment(before.spec));
  }
  EXPECT_GE(settings, 14u);
}

// As the end of a line's second cell has it.
std::string ColumnOf(const Reference& reference) {
  return absl::StrCat(reference.column(), reference.metric() == Reference::TOP5 ? ", top-5" : "");
}

// The tables of reproducing.md: "| `cell` | column | number |".
TEST(DocsTest, TheNumbersOfThePapersAreThoseOfTheSpecs) {
  int rows = 0;
  for (absl::string_view line : absl::StrSplit(Read("docs/reproducing.md"), '\n')) {
    std::smatch cells;
    const std::string text(line);
    if (!std::regex_match(text, cells, std::regex("\\| `(.*)` \\| (.*) \\| ([0-9.]+) \\|")))
      continue;
    ++rows;
    ASSERT_OK_AND_ASSIGN(const ResolvedSpec spec, ResolveSpec(cells[1].str()));
    const auto& paper = spec.spec.paper();
    const auto number = absl::c_find_if(paper, [&](const Reference& reference) {
      return absl::EndsWith(cells[2].str(), ColumnOf(reference));
    });
    ASSERT_NE(number, paper.end()) << text;
    EXPECT_EQ(absl::StrFormat("%.2f", number->value()), cells[3].str()) << text;
  }
  // NAYER: 11 pairs, 3 numbers of epochs, and ImageNet; 16 and 8 networks on real data; Fast: 10
  // pairs, 2 numbers of steps; KD: 10 pairs.
  // NYUv2: 3 methods. MUSE: 3 data sets, 2 pairs, 4 ratios and 4 methods; 10 pairs and 3 methods;
  // vision transformers, 2 methods, ratios and metrics; images per class, 3 data sets, 2 counts, 2
  // methods; its ablations, the last with NAYER.
  const int ablations = 2 * 8 + 3 * 4 * 6 + 5 * 5 + 4 * 9 + 3 * 6;
  const int muse = 3 * 2 * 4 * 4 + 10 * 3 + 2 * 2 * 2 + 3 * 2 * 2 + ablations;
  EXPECT_EQ(rows, 11 * 3 + 1 + 16 + 8 + 10 * 2 + 10 + 3 + muse);
}

constexpr char kMeasures[] =
    "evaluation={measures { [type.googleapis.com/dfkd.TsneConfig] {} } "
    "measures { [type.googleapis.com/dfkd.InceptionScoreConfig] {} } "
    "measures { [type.googleapis.com/dfkd.MmdConfig] {} }}";

// `a.b=1` in a page, and --set=a.b=1 in its commands.
TEST(DocsTest, EverySettingCanBeSet) {
  std::vector<std::string> settings;
  for (const std::string& page : Pages()) {
    const std::string text = Read(page);
    for (std::string& found : SettingsInTicks(text)) settings.push_back(std::move(found));
    for (const char* pattern : {"--set=([^'` \n]+)", "--set='([^']+)'"}) {
      for (std::string& found : Matches(text, pattern)) settings.push_back(std::move(found));
    }
  }
  EXPECT_THAT(settings, SizeIs(Ge(20u)));
  for (const std::string& setting : settings) {
    // An ellipsis stands for a value, and my_loss is in another program.
    if (absl::StrContains(setting, "…") || absl::StrContains(setting, "my_loss")) continue;
    // Verbs around a run have model, data and encoder at the root.
    if (std::regex_match(setting, std::regex("(model|data\\.source|encoder)\\..*"))) {
      Subject subject;
      ASSERT_OK(SetData("digits", &subject));
      EXPECT_OK(ApplySettings({"model=wrn16_1", "encoder=clip", setting}, &subject)) << setting;
      continue;
    }
    if (ResolveSpec("shapes_muse", {setting}).ok()) continue;  // what only MUSE has
    // Where `analyse` is told of a measure, it has them all.
    const bool of_measure = absl::StartsWith(setting, "evaluation.measures[");
    EXPECT_OK(ResolveSpec(kExample, {of_measure ? kMeasures : "description=\"\"", setting}))
        << setting;
  }
}

// The flags that a line of a shell has: "dfkd VERB --flag=…".
void ExpectVerbWithFlags(const std::string& command) {
  const std::string name = command.substr(0, command.find(' '));
  const Verb* verb = FindVerb(name);
  ASSERT_NE(verb, nullptr) << "dfkd " << command;
  for (const std::string& flag : Matches(command, " --([a-z_]+)")) {
    EXPECT_THAT(verb->flags, Contains(flag)) << "dfkd " << command;
  }
}

TEST(DocsTest, EveryCommandIsAVerbWithFlagsOfItsOwn) {
  int commands = 0;
  for (const std::string& page : Pages()) {
    for (const std::string& block : Matches(Read(page), "```sh\n([^`]*)```")) {
      // A backslash continues a line.
      const std::string lines = absl::StrCat("\n", absl::StrReplaceAll(block, {{"\\\n", " "}}));
      for (const std::string& command :
           Matches(lines, "\n(?:bazel-bin/dfkd/experiments/)?dfkd ([a-z]+[^\n#]*)")) {
        ExpectVerbWithFlags(command);
        ++commands;
      }
    }
  }
  EXPECT_GE(commands, 15);
}

TEST(DocsTest, LinksBetweenThePagesLeadSomewhere) {
  for (const std::string& page : Pages()) {
    for (const std::string& target : Matches(Read(page), "\\]\\(([^)# ]+)[^)]*\\)")) {
      const auto path = (std::filesystem::path(page).parent_path() / target).lexically_normal();
      // Code and licences are no part of this test's files.
      if (absl::StrContains(target, "://") || !absl::StartsWith(path.string(), "docs/")) continue;
      EXPECT_TRUE(FileExists(path.string())) << page << " links to " << target;
    }
  }
}

}  // namespace
}  // namespace dfkd
