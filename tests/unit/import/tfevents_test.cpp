// Event files, byte for byte.
#include <cmath>
#include <random>

#include "expanalyze/error.hpp"
#include "expanalyze/import.hpp"
#include "import/event.hpp"
#include "import/importers.hpp"
#include "io/input.hpp"
#include "store/run_builder.hpp"
#include "support/catch.hpp"
#include "support/run.hpp"
#include "support/wire_writer.hpp"

using namespace expanalyze;
using test::event, test::message, test::noted, test::number, test::scalar, test::series, test::single, test::tfrecord;

namespace {

Run read_bytes(std::string_view bytes) {
  Input input = Input::of(bytes);
  RunBuilder builder;
  tfevents.read(input, builder);
  Run run = builder.finish(input.lines());
  CHECK(broken_invariant(run) == "");
  CHECK(run.counted_in == "records");
  return run;
}

/// TensorProto of one number: its type and the field that holds it.
std::string tensor(std::int64_t type, const std::string& content, const std::string& shape = "") {
  return message(1, "x") + message(8, number(1, type) + message(2, shape) + content);
}

double only_value(const std::string& value) {
  Event e;
  read_event(message(5, message(1, value)), e);
  REQUIRE(e.values.size() == 1);
  REQUIRE(e.values[0].has_number);
  return e.values[0].number;
}

bool is_number(const std::string& value) {
  Event e;
  read_event(message(5, message(1, value)), e);
  return e.values.size() == 1 && e.values[0].has_number;
}

using Values = std::vector<double>;

}  // namespace

TEST_CASE("a number stored in each way") {
  CHECK(only_value(message(1, "x") + single(2, 1.5F)) == 1.5);
  CHECK(std::isnan(only_value(message(1, "x") + single(2, NAN))));
  CHECK(only_value(tensor(1, message(4, test::little(0x3FC00000U)))) == 1.5);                        // float, raw
  CHECK(only_value(tensor(1, message(5, test::little(0x3FC00000U)))) == 1.5);                        // packed
  CHECK(only_value(tensor(1, single(5, 1.5F))) == 1.5);                                              // not packed
  CHECK(only_value(tensor(2, message(4, test::little(std::bit_cast<std::uint64_t>(0.1))))) == 0.1);  // double
  CHECK(only_value(tensor(2, test::real(6, 0.1))) == 0.1);
  CHECK(only_value(tensor(3, number(7, -3))) == -3);  // int32
  CHECK(only_value(tensor(3, message(4, test::little(0xFFFFFFFDU)))) == -3);
  CHECK(only_value(tensor(9, number(10, -4000000000))) == -4e9);                       // int64
  CHECK(only_value(tensor(9, message(10, test::varint(7)))) == 7);                     // packed
  CHECK(only_value(tensor(10, number(11, 1))) == 1);                                   // bool
  CHECK(only_value(tensor(19, number(13, 0x3C00))) == 1);                              // half
  CHECK(only_value(tensor(19, message(4, std::string("\x00\xFC", 2)))) == -INFINITY);  // half
  CHECK(only_value(tensor(14, number(13, 0x3FC0))) == 1.5);                            // bfloat16
  CHECK(only_value(tensor(1, "")) == 0);                                               // zero, left out
  CHECK(only_value(tensor(1, single(5, 2), message(2, number(1, 1)))) == 2);           // shape [1]
}

TEST_CASE("tensors of several numbers and of texts are none") {
  CHECK_FALSE(is_number(tensor(1, message(4, std::string(8, 'a')))));
  CHECK_FALSE(is_number(tensor(1, single(5, 1) + single(5, 2))));
  CHECK_FALSE(is_number(tensor(1, single(5, 1), message(2, number(1, 3)))));
  CHECK_FALSE(is_number(tensor(1, single(5, 1), message(2, number(1, 1)) + message(2, ""))));  // shape [1, 0]
  CHECK_FALSE(is_number(tensor(7, message(8, "text"))));
  CHECK_FALSE(is_number(tensor(9, message(10, test::varint(7) + test::varint(8)))));
}

TEST_CASE("events of one step and call are one record; a step that is not stored is 0") {
  const Run run = read_bytes(test::version() + event(0, 1e9, scalar("loss", 2)) +
                             event(0, 1e9 + 0.01, scalar("grad_norm", 3)) + event(5, 1e9 + 1, scalar("loss", 1)) +
                             event(5, 1e9 + 60, scalar("val/loss", 4)) + event(5, 1e9 + 60, scalar("val/loss", 5)));
  CHECK(run.lines == 6);
  CHECK(find(run, Role::step)->value == Values{0, 5, 5, 5});
  CHECK(find(run, Role::timestamp)->value == Values{1e9, 1e9 + 1, 1e9 + 60, 1e9 + 60});
  CHECK(series(run, "grad_norm")->value == Values{3});
  CHECK(series(run, "val/loss")->value == Values{4, 5});  // the later one counts in the trajectory
  const auto& rows = run.rows[series(run, "loss")->rows];
  CHECK(rows.step == Values{0, 5});
  CHECK(rows.line == std::vector<std::uint32_t>{2, 4});
}

TEST_CASE("tags called like the axes keep apart from them") {
  const Run run = read_bytes(test::version() + event(7, 1e9, scalar("step", 70)) + event(8, 1e9, scalar("step", 80)));
  CHECK(find(run, Role::step)->value == Values{7, 8});
  CHECK(series(run, "scalars/step")->value == Values{70, 80});
}

TEST_CASE("what is no number is counted by plugin; metadata may come with the first value only") {
  const auto plugin = [](std::string_view name, std::string_view content = "") {
    return message(9, message(1, message(1, name) + message(2, content)));
  };
  const std::string lr = message(1, "lr") + message(2, test::real(2, 0.25));
  const Run run =
      read_bytes(test::version() + event(0, 1e9, tensor(1, single(5, 1)) + plugin("scalars")) +
                 event(1, 1e9, tensor(1, single(5, 2))) + event(1, 1e9, message(1, "h") + message(5, "")) +
                 event(1, 1e9, message(1, "t") + message(8, number(1, 7) + message(8, "note")) + plugin("text")) +
                 event(2, 1e9, message(1, "pr") + message(8, number(1, 1) + single(5, 9)) + plugin("pr_curves")) +
                 event(2, 1e9, message(1, "_hparams_") + plugin("hparams", number(1, 0) + message(3, message(1, lr)))));
  CHECK(series(run, "x")->value == Values{1, 2});
  CHECK(series(run, "pr") == nullptr);
  std::size_t left_out = 0;
  for (const auto& note : run.notes) left_out += note.code == "value.plugin" ? note.count : 0;
  CHECK(left_out == 3);
  CHECK(run.config.at("lr") == ConfigValue(0.25));
  CHECK(run.config_source == "the hparams of the event file");
}

TEST_CASE("damage loses a record, and nothing else") {
  const std::string head = test::version() + event(1, 1e9, scalar("loss", 3));
  const std::string bad = event(2, 1e9, scalar("loss", 2)), tail = event(3, 1e9, scalar("loss", 1));
  const auto changed = [&](std::size_t at) {
    std::string bytes = bad;
    bytes[at] ^= 1;
    return head + bytes + tail;
  };
  const Run data = read_bytes(changed(20));
  CHECK(series(data, "loss")->value == Values{3, 1});
  CHECK(noted(data, "record.bad_checksum")->where.line == 3);
  CHECK(data.lines == 4);
  CHECK(data.lines_understood == 3);
  const Run length = read_bytes(changed(0));
  CHECK(series(length, "loss")->value == Values{3});
  CHECK(noted(length, "record.bad_length")->where.line == 3);
  for (const std::size_t left : {bad.size() - 1, std::size_t{13}, std::size_t{12}, std::size_t{5}}) {
    const Run cut = read_bytes(head + bad.substr(0, left));
    CHECK(series(cut, "loss")->value == Values{3});
    CHECK(noted(cut, "record.cut")->where.line == 3);
  }
  // A length of 2^62 with the right checksum asks for no memory.
  const std::string huge = test::little(std::uint64_t{1} << 62U);
  CHECK(noted(read_bytes(head + huge + test::little(masked_crc32c(huge)) + tail), "record.bad_length") != nullptr);
  // A record that is no message.
  const Run foreign = read_bytes(head + tfrecord("\x0B") + tail);
  CHECK(noted(foreign, "record.unreadable")->where.line == 3);
  CHECK(series(foreign, "loss")->value == Values{3, 1});
}

TEST_CASE("an event file without scalars says so") {
  CHECK_THROWS_WITH(read_bytes(test::version()), Catch::Matchers::Contains("no scalars among its 1 records"));
}

TEST_CASE("Keras: tags of epochs only") {
  const Run run =
      read_bytes(test::version() + event(0, 1e9, scalar("epoch_loss", 2)) + event(1, 1e9 + 9, scalar("epoch_loss", 1)));
  CHECK(find(run, Role::step) == nullptr);
  CHECK(find(run, Role::epoch)->value == Values{0, 1});
}

TEST_CASE("a folder of event files is one run") {
  const test::TemporaryFolder folder("events");
  const std::string restart =
      test::version() + event(2, 1e9 + 20, scalar("loss", 0.25)) + event(3, 1e9 + 30, scalar("loss", 0.125));
  folder.write("a/events.out.tfevents.1000000009.b", restart);
  folder.write("a/events.out.tfevents.999999999.z",
               test::version() + event(1, 1e9, scalar("loss", 1)) + event(2, 1e9 + 1, scalar("loss", 0.5)));
  folder.write("a/hparams.yaml", "lr: 0.5\n");
  const Run run = read_run(folder.path() / "a", {});
  CHECK(run.format == "tfevents");
  CHECK(run.label == "a");
  CHECK(series(run, "loss")->value == Values{1, 0.5, 0.25, 0.125});
  CHECK(run.lines == 6);
  CHECK(run.config.at("lr") == ConfigValue(0.5));
  CHECK(noted(run, "log.several_files") != nullptr);

  // Keras: two folders, read side by side in order of time.
  folder.write("k/train/events.out.tfevents.1.v2",
               test::version() + event(1, 1e9, scalar("loss", 4)) + event(2, 1e9 + 10, scalar("loss", 3)));
  folder.write("k/train/events.out.tfevents.1.profile-empty", test::version());
  folder.write("k/validation/events.out.tfevents.1.v2",
               test::version() + event(1, 1e9 + 0.5, scalar("loss", 6)) + event(2, 1e9 + 10.5, scalar("loss", 5)));
  const Run keras = read_run(folder.path() / "k", {});
  CHECK(find(keras, Role::train_loss)->value == Values{4, 3});
  CHECK(find(keras, Role::eval_loss)->value == Values{6, 5});
  CHECK(find(keras, Role::step)->value == Values{1, 2});

  // Other folders are runs of their own.
  folder.write("runs/one/events.out.tfevents.1", restart);
  folder.write("runs/two/events.out.tfevents.1", restart);
  std::vector<Note> notes;
  CHECK(find_runs(folder.path() / "runs", notes).size() == 2);
  CHECK(find_runs(folder.path() / "k", notes).size() == 1);
}

TEST_CASE("a log beside the event files that is likely fuller goes first") {
  const test::TemporaryFolder folder("fuller");
  folder.write("r/events.out.tfevents.1", test::version() + event(1, 1e9, scalar("loss", 1)));
  folder.write("r/result.json", "{\"step\": 1, \"loss\": 2}\n{\"step\": 2, \"loss\": 1}\n");
  CHECK(read_run(folder.path() / "r", {}).format != "tfevents");
}

TEST_CASE("messages damaged behind right checksums are read or refused, never worse") {
  std::mt19937 random(11);
  const std::vector<std::string> values = {
      tensor(1, message(4, "abcd")) + message(9, message(1, message(1, "scalars"))), tensor(9, message(10, "\x07")),
      message(1, "_hparams_") +
          message(9, message(1, message(1, "hparams") + message(2, message(3, message(1, "ab"))))),
      scalar("loss", 1)};
  for (int i = 0; i < 20000; ++i) {
    std::string data = test::real(1, 1e9) + number(2, i) + message(5, message(1, values[random() % values.size()]));
    for (std::size_t k = 1 + random() % 3; k > 0; --k) data[random() % data.size()] = static_cast<char>(random());
    const std::string bytes = test::version() + tfrecord(data) + event(1, 1e9, scalar("loss", 1));
    Input input = Input::of(bytes);
    RunBuilder builder;
    tfevents.read(input, builder);
    const std::string breach = broken_invariant(builder.finish(input.lines()));
    if (!breach.empty()) FAIL(breach);
  }
}

TEST_CASE("pieces of any size give the same run") {
  const std::string bytes = test::version() + event(1, 1e9, scalar("loss", 1)) + event(2, 1e9, scalar("loss", 2));
  std::size_t at = 0;
  Input input(
      [&](char* to, std::size_t) -> std::size_t {
        if (at == bytes.size()) return 0;
        *to = bytes[at++];
        return 1;
      },
      "slow");
  RunBuilder builder;
  tfevents.read(input, builder);
  CHECK(series(builder.finish(0), "loss")->value == Values{1, 2});
}
