package io.skerry.apiserver.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.apiserver.cache.ResourceCache;
import io.skerry.apiserver.cache.WatchCache;
import io.skerry.datastore.SqliteDatastore;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceAllocatorTest {
    @TempDir
    Path folder;

    @Test
    void everyAddressIsGivenOnceAndThenNone() {
        try (var datastore = SqliteDatastore.open(folder.resolve("state.db")); var cache = new WatchCache(datastore)) {
            ResourceCache services = cache.resource("", "services");
            var allocator = new ServiceAllocator(() -> services, Cidr.parse("10.1.0.0/27"), Set.of("10.1.0.10"), 30000, 30009);
            Set<String> given = new HashSet<>();
            for (int i = 0; i < 14; i++) {
                given.add(allocator.takeAddress("default/s" + i));
            }
            assertThat(given).as("the upper part first").hasSize(14).allMatch(a -> Cidr.address(a) > Cidr.address("10.1.0.16"));
            for (int i = 0; i < 15; i++) {
                given.add(allocator.takeAddress("default/t" + i));
            }
            assertThat(given).hasSize(29).doesNotContain("10.1.0.10", "10.1.0.0", "10.1.0.31");
            assertThat(allocator.takeAddress("default/u")).isNull();
            assertThat(allocator.takeAddress("default/dns", "10.1.0.10")).as("withheld, but not from who asks").isTrue();
            assertThat(allocator.takeAddress("default/dns2", "10.1.0.10")).isFalse();
            allocator.settle(Set.of("10.1.0.10"), Set.of());
            assertThat(allocator.takeAddress("default/dns2", "10.1.0.10")).as("nobody was written with it").isTrue();
            Set<Integer> ports = new HashSet<>();
            for (int i = 0; i < 10; i++) {
                ports.add(allocator.takePort());
            }
            assertThat(ports).hasSize(10).allMatch(p -> p >= 30000 && p <= 30009);
            assertThat(allocator.takePort()).isZero();
        }
    }

    @Test
    void ranges() {
        assertThat(Cidr.parse("10.43.7.9/16").toString()).isEqualTo("10.43.0.0/16");
        assertThat(Cidr.parse("10.43.0.0/16").nth(1)).isEqualTo("10.43.0.1");
        assertThat(Cidr.parse("10.43.0.0/16").contains("10.43.255.255")).as("broadcast").isFalse();
        assertThatThrownBy(() -> Cidr.parse("10.43.0.0")).hasMessageContaining("is not an IPv4 range such as 10.43.0.0/16");
        assertThatThrownBy(() -> Cidr.parse("10.43.0.0/16/")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Cidr.parse("10.43.0.256/16")).isInstanceOf(IllegalArgumentException.class);
    }
}
