package io.skerry.image.flash;

import io.skerry.image.ImageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Many cards' identities, from a CSV file (RFC 4180, UTF-8). The first line names the columns: {@code hostname} (needed), {@code token}, and
 * every other column is a label with that key; empty cells set nothing. Lines that are empty or start with # are skipped.
 */
final class CardList {
    private CardList() {}

    /** @throws ImageException naming file and line of the first mistake */
    static List<CardIdentity> read(Path file) throws IOException {
        List<String> columns = null;
        List<CardIdentity> cards = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        List<String> lines = Files.readAllLines(file);
        for (int i = 0; i < lines.size(); i++) {
            String line = i == 0 && lines.getFirst().startsWith("\ufeff") ? lines.getFirst().substring(1) : lines.get(i);
            String at = file + ":" + (i + 1) + ": ";
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            List<String> cells = cells(line, at);
            if (columns == null) {
                columns = cells;
                if (!columns.contains("hostname")) {
                    throw new ImageException(at + "the first line names the columns, and hostname must be one, as in: hostname,token,site");
                }
                if (columns.contains("") || new HashSet<>(columns).size() != columns.size()) {
                    throw new ImageException(at + "every column needs a name of its own");
                }
                continue;
            }
            if (cells.size() != columns.size()) {
                throw new ImageException(at + cells.size() + " cells, but the first line names " + columns.size() + " columns");
            }
            CardIdentity card = card(columns, cells, at);
            if (!seen.add(card.hostname())) {
                throw new ImageException(at + card.hostname() + " is there twice");
            }
            cards.add(card);
        }
        if (cards.isEmpty()) {
            throw new ImageException(file + " names no device; write a line of columns, as in hostname,token,site, then a line a card");
        }
        return cards;
    }

    private static CardIdentity card(List<String> columns, List<String> cells, String at) {
        Map<String, String> labels = new HashMap<>();
        String hostname = "";
        Optional<String> token = Optional.empty();
        for (int c = 0; c < columns.size(); c++) {
            String value = cells.get(c);
            switch (columns.get(c)) {
                case "hostname" -> hostname = value;
                case "token" -> token = value.isEmpty() ? Optional.empty() : Optional.of(value);
                default -> {
                    if (!value.isEmpty()) {
                        labels.put(columns.get(c), value);
                    }
                }
            }
        }
        try {
            return new CardIdentity(hostname, labels, token);
        } catch (ImageException e) {
            throw new ImageException(at + e.getMessage(), e);
        }
    }

    private static List<String> cells(String line, String at) {
        List<String> cells = new ArrayList<>();
        StringBuilder cell = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (quoted) {
                if (c != '"') {
                    cell.append(c);
                } else if (i + 1 < line.length() && line.charAt(i + 1) == '"') {
                    cell.append('"');
                    i++;
                } else {
                    quoted = false;
                }
            } else if (c == '"' && cell.toString().isBlank()) {
                cell.setLength(0);
                quoted = true;
            } else if (c == ',') {
                cells.add(cell.toString().strip());
                cell.setLength(0);
            } else {
                cell.append(c);
            }
        }
        if (quoted) {
            throw new ImageException(at + "a quoted cell does not end on its line");
        }
        cells.add(cell.toString().strip());
        return cells;
    }
}
