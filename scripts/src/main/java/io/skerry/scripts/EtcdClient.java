package io.skerry.scripts;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.function.LongConsumer;

/**
 * The few calls that an API server makes of etcd, over gRPC: the bench compares with them. The messages are written by hand, as their
 * definitions are in no library we have.
 *
 * @see <a href="https://etcd.io/docs/v3.5/dev-guide/api_reference_v3/">etcd API reference: numbers of the fields</a>
 */
final class EtcdClient implements AutoCloseable {
    private static final int LARGEST_ANSWER = 512 << 20;
    private static final MethodDescriptor.Marshaller<byte[]> BYTES = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] message) {
            return new ByteArrayInputStream(message);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    };
    private static final MethodDescriptor<byte[], byte[]> TXN = method("etcdserverpb.KV/Txn", MethodDescriptor.MethodType.UNARY);
    private static final MethodDescriptor<byte[], byte[]> RANGE = method("etcdserverpb.KV/Range", MethodDescriptor.MethodType.UNARY);
    private static final MethodDescriptor<byte[], byte[]> WATCH = method("etcdserverpb.Watch/Watch", MethodDescriptor.MethodType.BIDI_STREAMING);

    private final ManagedChannel channel;

    EtcdClient(int port) {
        channel = NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().maxInboundMessageSize(LARGEST_ANSWER).build();
    }

    private static MethodDescriptor<byte[], byte[]> method(String name, MethodDescriptor.MethodType type) {
        return MethodDescriptor.newBuilder(BYTES, BYTES).setFullMethodName(name).setType(type).build();
    }

    private interface Fields {
        void write(CodedOutputStream out) throws IOException;
    }

    private static byte[] message(Fields fields) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            CodedOutputStream out = CodedOutputStream.newInstance(bytes);
            fields.write(out);
            out.flush();
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Writes a key if its last revision is the expected one (0: it is not there), as an API server does.
     *
     * @return the revision of the write
     */
    long put(String key, byte[] value, long expected) {
        byte[] compare = message(out -> {
            out.writeEnum(2, 2); // target MOD
            out.writeByteArray(3, utf8(key));
            out.writeInt64(6, expected);
        });
        byte[] put = message(out -> out.writeByteArray(2, message(request -> {
            request.writeByteArray(1, utf8(key));
            request.writeByteArray(2, value);
        })));
        byte[] answer = ClientCalls.blockingUnaryCall(channel, TXN, CallOptions.DEFAULT, message(out -> {
            out.writeByteArray(1, compare);
            out.writeByteArray(2, put);
        }));
        try {
            CodedInputStream in = CodedInputStream.newInstance(answer);
            long revision = 0;
            boolean succeeded = false;
            for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
                switch (WireFormat.getTagFieldNumber(tag)) {
                    case 1 -> revision = revision(in.readBytes());
                    case 2 -> succeeded = in.readBool();
                    default -> in.skipField(tag);
                }
            }
            if (!succeeded) {
                throw new IllegalStateException("etcd: " + key + " is not at revision " + expected);
            }
            return revision;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long revision(ByteString header) throws IOException {
        CodedInputStream in = header.newCodedInput();
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (WireFormat.getTagFieldNumber(tag) == 3) {
                return in.readInt64();
            }
            in.skipField(tag);
        }
        throw new IOException("etcd's answer has no revision");
    }

    /** Reads all keys of a prefix. @return how many they are */
    int range(String prefix) {
        byte[] answer = ClientCalls.blockingUnaryCall(channel, RANGE, CallOptions.DEFAULT, message(out -> {
            out.writeByteArray(1, utf8(prefix));
            out.writeByteArray(2, end(prefix));
        }));
        return count(answer, 2);
    }

    private static byte[] end(String prefix) {
        byte[] end = utf8(prefix);
        end[end.length - 1]++;
        return end;
    }

    private static int count(byte[] answer, int field) {
        try {
            CodedInputStream in = CodedInputStream.newInstance(answer);
            int count = 0;
            for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
                if (WireFormat.getTagFieldNumber(tag) == field) {
                    count++;
                }
                in.skipField(tag);
            }
            return count;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Opens so many watches of a prefix; they are open when this returns. @param event called for each change that one of them is told, with System.nanoTime() */
    void watch(String prefix, int watches, LongConsumer event) throws InterruptedException {
        CountDownLatch created = new CountDownLatch(watches);
        ClientCall<byte[], byte[]> call = channel.newCall(WATCH, CallOptions.DEFAULT);
        StreamObserver<byte[]> requests = ClientCalls.asyncBidiStreamingCall(call, new StreamObserver<>() {
            @Override
            public void onNext(byte[] answer) {
                for (int i = count(answer, 11); i > 0; i--) {
                    event.accept(System.nanoTime());
                }
                if (count(answer, 3) > 0) {
                    created.countDown();
                }
            }

            @Override
            public void onError(Throwable error) {
                // the channel was closed, which ends the watches
            }

            @Override
            public void onCompleted() {
                // as above
            }
        });
        for (int i = 0; i < watches; i++) {
            requests.onNext(message(out -> out.writeByteArray(1, message(create -> {
                create.writeByteArray(1, utf8(prefix));
                create.writeByteArray(2, end(prefix));
            }))));
        }
        created.await();
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
