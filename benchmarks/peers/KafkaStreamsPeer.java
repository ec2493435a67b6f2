import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** Kafka Streams with an in-memory store and its changelog, one thread: BROKER TOPIC OUTPUT COUNT WEIGHTS FOLDER. */
public class KafkaStreamsPeer {
    static final double[] TAUS_S = {3_600, 86_400, 604_800};
    static final int INPUTS = 8, UNITS = 64, ROW_BYTES = 7 * Double.BYTES;
    static final float[][] FIRST = new float[INPUTS][UNITS], SECOND = new float[UNITS][UNITS];
    static final float[] THIRD = new float[UNITS];
    static long count, done;

    public static void main(String[] arguments) throws Exception {
        count = Long.parseLong(arguments[3]);
        readWeights(Path.of(arguments[4]));
        Properties settings = new Properties();
        settings.put("application.id", "bench-" + System.nanoTime());
        settings.put("bootstrap.servers", arguments[0]);
        settings.put("auto.offset.reset", "earliest");
        settings.put("num.stream.threads", 1);
        settings.put("processing.guarantee", "exactly_once_v2");
        settings.put("commit.interval.ms", 100);
        settings.put("state.dir", arguments[5]);
        settings.put("producer.linger.ms", 20);
        settings.put("producer.batch.size", 200_000);
        settings.put("max.poll.records", 4_000);
        Topology topology = new Topology();
        topology.addSource("in", Serdes.String().deserializer(), Serdes.ByteArray().deserializer(), arguments[1]);
        topology.addProcessor("score", Score::new, "in");
        topology.addStateStore(
            Stores.keyValueStoreBuilder(
                Stores.inMemoryKeyValueStore("sums"), Serdes.String(), Serdes.ByteArray()), "score");
        topology.addSink("out", arguments[2], Serdes.String().serializer(), Serdes.ByteArray().serializer(), "score");
        new KafkaStreams(topology, settings).start();
    }

    static void readWeights(Path path) throws Exception {
        ByteBuffer weights = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
        for (float[] row : FIRST) for (int j = 0; j < UNITS; j++) row[j] = weights.getFloat();
        for (float[] row : SECOND) for (int j = 0; j < UNITS; j++) row[j] = weights.getFloat();
        for (int j = 0; j < UNITS; j++) THIRD[j] = weights.getFloat();
    }

    static double network(float[] inputs) {
        float[] first = layer(inputs, FIRST), second = layer(first, SECOND);
        double sum = 0;
        for (int j = 0; j < UNITS; j++) sum += second[j] * THIRD[j];
        return 1 / (1 + Math.exp(-sum));
    }

    static float[] layer(float[] inputs, float[][] weights) {
        float[] out = new float[UNITS];
        for (int i = 0; i < inputs.length; i++) {
            float value = inputs[i];
            if (value == 0) continue;
            float[] row = weights[i];
            for (int j = 0; j < UNITS; j++) out[j] += value * row[j];
        }
        for (int j = 0; j < UNITS; j++) out[j] = Math.max(out[j], 0);
        return out;
    }

    static class Score implements Processor<String, byte[], String, byte[]> {
        final JsonFactory json = new JsonFactory();
        ProcessorContext<String, byte[]> context;
        KeyValueStore<String, byte[]> store;

        @Override
        public void init(ProcessorContext<String, byte[]> context) {
            this.context = context;
            store = context.getStateStore("sums");
        }

        @Override
        public void process(Record<String, byte[]> record) {
            if (done == 0) tell("first");
            String id = null, card = null;
            double amount = 0, time = 0;
            try (JsonParser parser = json.createParser(record.value())) {
                parser.nextToken();
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    String field = parser.currentName();
                    parser.nextToken();
                    switch (field) {
                        case "transaction_id": id = parser.getText(); break;
                        case "card_id": card = parser.getText(); break;
                        case "amount": amount = parser.getDoubleValue(); break;
                        case "time": time = parser.getLongValue() / 1000.0; break;
                        default:
                    }
                }
            } catch (java.io.IOException error) {
                throw new RuntimeException(error);
            }
            String answer = "{\"transaction_id\":\"" + id + "\",\"score\":" + network(fold(card, amount, time))
                + ",\"version\":1}";
            context.forward(record.withValue(answer.getBytes(StandardCharsets.UTF_8)));
            if (++done == count) tell("last");
        }

        float[] fold(String card, double amount, double time) {
            byte[] kept = store.get(card);
            ByteBuffer before = kept == null ? null : ByteBuffer.wrap(kept);
            double last = before == null ? time : before.getDouble();
            double elapsed = Math.max(time - last, 0);
            ByteBuffer after = ByteBuffer.allocate(ROW_BYTES).putDouble(Math.max(last, time));
            float[] inputs = new float[INPUTS];
            inputs[0] = (float) amount;
            inputs[1] = (float) elapsed;
            for (int w = 0; w < TAUS_S.length; w++) {
                double share = Math.exp(-elapsed / TAUS_S[w]);
                double counted = (before == null ? 0 : before.getDouble()) * share + 1;
                double summed = (before == null ? 0 : before.getDouble()) * share + amount;
                after.putDouble(counted).putDouble(summed);
                inputs[2 + 2 * w] = (float) counted;
                inputs[3 + 2 * w] = (float) summed;
            }
            store.put(card, after.array());
            return inputs;
        }

        static void tell(String word) {
            System.out.println(word);
            System.out.flush();
        }
    }
}
